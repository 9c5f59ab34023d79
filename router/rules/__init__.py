"""Rules: conditions in CEL that decide where a conversation goes and what it asks for.

    rules ──compile_rules──> RuleSet ──evaluate(facts)──> Resolution

A condition is judged three times before it is used: `lexer` and `syntax` read it (one grammar, plain messages with a
column), `checking` finds unknown names, values of the wrong kind and what would cost too much, and the library that
will run it compiles it. At run time a rule that fails is passed over and said to have failed; it never loses the rest.
"""
