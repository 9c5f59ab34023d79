"""The table of faults: what may go wrong, what is promised then, and which tests hold Frontdesk to it.

A test of this folder belongs to the row its marker names; `elsewhere` names tests of other folders that show the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.absent import ABSENT

KILLS = "tests/blackbox/test_kills.py"
CHURN = "tests/blackbox/test_churn.py"
CALLS = "tests/session/test_calls.py"
SOCKETS = "tests/session/test_connection.py"
DISK = "tests/store/test_sqlite_faults.py"
SQLITE = "tests/store/test_sqlite.py"
FIRST = "tests/blackbox/test_first_conversation.py"
BACKUP = "tests/blackbox/test_backup.py"
RESENDS = "tests/desk/test_resends.py"
WRITING = "tests/session/test_writing.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault. `absent`: why it cannot occur. `without_root`: why tests of it may be skipped when nobody is root."""

    number: int
    fault: str
    expected: str
    how: str = ""
    elsewhere: tuple[str, ...] = ()
    absent: str = ""
    without_root: tuple[str, ...] = ()


ROWS = (
    Row(
        number=1,
        fault="a page's connection dies before its message is acknowledged",
        expected="sent again under the same name: one entry, and the first number",
        how="a proxy cuts (reset, close, silence) after every byte of the exchange, in both directions",
        elsewhere=(f"{FIRST}::test_what_waits_in_the_outbox_is_sent_again_in_order",),
    ),
    Row(
        number=2,
        fault="the acknowledgement is lost after the commit",
        expected="the resend is answered with the first number",
        how="a proxy swallows what the server says, while a second tab sees the entry",
        elsewhere=("tests/desk/test_messages.py::test_an_answer_that_was_lost", RESENDS),
    ),
    Row(
        number=3,
        fault="one name for two texts",
        expected="client_id_conflict; the first one stays, also after a restart",
        how="over the socket, before and after kill -9",
        elsewhere=(f"{FIRST}::test_resending_is_answered_with_the_first_outcome",),
    ),
    Row(
        number=4,
        fault="100 unacknowledged messages are sent again while another tab writes",
        expected="each sender's order is kept, nothing is doubled",
        how="any number of them had arrived and no answer had",
        elsewhere=("tests/desk/test_messages.py::test_two_tabs_and_the_agent_interleaved_without_gaps",),
    ),
    Row(
        number=5,
        fault="two tabs of one visitor, one of which is cut again and again",
        expected="both hold the same; read marks never go back",
        how="tabs through a proxy, an agent who writes",
        elsewhere=(f"{FIRST}::test_two_tabs_see_the_same",),
    ),
    Row(
        number=6,
        fault="an entry is committed, but some are not told of it",
        expected="the gap shows with the next entry and is filled in order",
        how="30 % of the published entries are dropped inside the server",
        elsewhere=("tests/blackbox/test_wire.py::test_a_gap_is_filled_from_history",),
    ),
    Row(
        number=7,
        fault="the last entry before a silence is not told",
        expected="the next ping shows it (pages ping after a silence of one heartbeat, 25 s)",
        how="all published entries are dropped; then a ping",
        elsewhere=(f"{FIRST}::test_a_ping_tells_the_top_of_every_conversation",),
    ),
    Row(
        number=8,
        fault="a page comes back after 10,000 messages, or after a day",
        expected="it goes on exactly where it was, page by page",
        how="an agent writes meanwhile; the machine's clock is set forward",
        elsewhere=(f"{FIRST}::test_more_than_a_reply_may_hold_is_fetched_page_by_page",),
    ),
    Row(
        number=9,
        fault="a page comes back with a position above the top, or from another history",
        expected="reset, never “nothing new”",
        how="over the socket after kill -9",
        elsewhere=(f"{FIRST}::test_a_foreign_epoch_or_a_position_above_the_top_resets",),
    ),
    Row(
        number=10,
        fault="whoever comes back has lost the right meanwhile: logged out, removed, moved, closed",
        expected="asked anew each time: refused, dropped",
        how="settings applied, logged out, transferred and closed while the console is away",
        elsewhere=(f"{FIRST}::test_positions_of_somebody_elses_conversation_are_dropped",),
    ),
    Row(
        number=11,
        fault="a page comes while others write",
        expected="snapshot and events make the whole, nothing twice",
        how="a tab comes and goes while an agent writes without a pause; the law of every event type",
        elsewhere=("tests/desk/test_snapshot_law.py",),
    ),
    Row(
        number=12,
        fault="readers who take one byte a second",
        expected="cut when their queue is full (4003), else with the next heartbeat, at most 35 s; no more than 2 MiB "
        "of memory for each, and 64 MiB on top; the others' p99 below twice of before or after (or below 250 ms, "
        "whatever it was before); nothing lost",
        how="200 slow tabs and 800 others through a proxy (quick: 4 and 8)",
        elsewhere=(f"{SOCKETS}::test_a_reader_who_is_too_slow_is_cut_and_costs_the_others_nothing", WRITING),
    ),
    Row(
        number=13,
        fault="a peer vanishes without a word (cut cable)",
        expected="missed within a heartbeat and its answer (35 s and 2 s for whoever looks; 40 s where a cable is "
        "pulled out); rings elsewhere; back as if nothing had been",
        how="a proxy goes silent under an agent and a visitor; a cable is pulled out (full form, as root)",
        elsewhere=(f"{SOCKETS}::test_a_client_that_answers_pings_lives_and_one_that_does_not_is_let_go",),
        without_root=("only root can make a network",),
    ),
    Row(
        number=14,
        fault="sockets that never say who they are",
        expected="closed with 4001 after 10 s (all 500 within 20 s); nothing is left of them",
        how="500 idle sockets (quick: one)",
        elsewhere=("tests/blackbox/test_bad_input.py::test_who_does_not_identify_is_sent_away",),
    ),
    Row(
        number=15,
        fault="a client ignores the close",
        expected="the transport is cut off within 2 s (3 s over a real socket)",
        how="raw bytes",
        elsewhere=(f"{SOCKETS}::test_a_client_that_ignores_the_close_is_cut_off_soon",),
    ),
    Row(
        number=16,
        fault="everybody comes back at once",
        expected="2,000 are back within 30 s; who is turned away is told when to come",
        how="kill -9 under 2,000 pages (quick: 60) that wait for the port",
    ),
    Row(
        number=17,
        fault="SIGTERM under load",
        expected="told to come back, closed with 4005, exit 0 within 20 s; nothing acknowledged is lost",
        how="nine clients write without a pause, ten restarts (quick: one)",
        elsewhere=(f"{SOCKETS}::test_draining_tells_everybody_and_lets_them_go_one_by_one",),
    ),
    Row(
        number=18,
        fault="whoever asked goes in the middle of the request",
        expected="done or not done, never half; no slot is lost",
        how="resets at random moments of start, 400 times; what is under way is cancelled late, and told so",
        elsewhere=(
            f"{CALLS}::test_a_coroutine_of_a_pipelined_request_is_run_and_can_be_cancelled",
            f"{SOCKETS}::test_left_waits_for_what_is_under_way_but_not_for_ever",
            f"{SOCKETS}::test_who_goes_while_identifying_has_left_afterwards",
        ),
    ),
    Row(
        number=19,
        fault="a handler raises",
        expected="that request fails with `internal`, tells nothing, is logged; everybody else goes on",
        how="handlers of five requests are made to raise",
        elsewhere=(
            f"{CALLS}::test_a_fault_of_ours_is_internal_and_logged_without_what_was_said",
            "tests/desk/test_engine.py::test_a_handler_that_raises_again_puts_its_conversation_aside",
        ),
    ),
    Row(
        number=20,
        fault="kill -9 under load, 200 times",
        expected="every acknowledged message is there once, in order; the file is sound; ready again within 3 s",
        how="visitors and agents write across 200 kills (make test: 20), and routing across 100",
        elsewhere=(KILLS, CHURN, "tests/store/test_sqlite_killed.py"),
    ),
    Row(
        number=21,
        fault="the power goes: what was not synced is lost, or part of it",
        expected="everything acknowledged is there; the database opens",
        how="a disk of our own (SQLite's VFS) that is cut after every single step",
        elsewhere=(f"{DISK}::test_the_power_may_go_at_any_moment",),
    ),
    Row(
        number=22,
        fault="the end of the log is torn",
        expected="opens at the last whole commit",
        how="cut at any length, any byte turned",
        elsewhere=(f"{DISK}::test_a_torn_log_opens_at_the_last_whole_commit",),
    ),
    Row(
        number=23,
        fault="the disk is full",
        expected="`unavailable`, not ready, reading goes on; by itself well again when there is room",
        how="a limit for the size of files; a disk of 8 MiB (full form, as root); every write of a commit",
        elsewhere=(
            f"{DISK}::test_a_failed_write_costs_a_lane_and_no_more",
            f"{DISK}::test_a_checkpoint_without_room_waits_for_better_days",
        ),
        without_root=("only root can mount a small disk",),
    ),
    Row(
        number=24,
        fault="a sync fails",
        expected="the process ends at once (within 5 s) with a failure; the next one has everything acknowledged",
        how="the log's sync answers EIO, in the running server and at every sync",
        elsewhere=(
            f"{DISK}::test_a_failed_sync_ends_the_process",
            f"{DISK}::test_a_failed_sync_of_a_checkpoint_ends_the_process_too",
        ),
    ),
    Row(
        number=25,
        fault="each sync takes half a second",
        expected="commits grow larger: 500 messages within 15 s; nobody times out; 95 % of other requests are answered "
        "within 50 ms",
        how="500 messages of ten pages over a slow disk",
    ),
    Row(
        number=26,
        fault="one bad operation in a shared commit",
        expected="only that one is refused",
        how="contract of the store, engine, messages",
        elsewhere=(
            f"{SQLITE}::test_those_who_wait_together_share_a_commit",
            "tests/desk/test_engine.py::test_a_refusal_harms_no_neighbour",
        ),
    ),
    Row(
        number=27,
        fault="the writing thread dies",
        expected="the process ends with a failure, within 5 s",
        how="a transaction that takes its thread with it",
        elsewhere=(f"{DISK}::test_a_writer_that_dies_is_not_missed_in_silence",),
    ),
    Row(
        number=28,
        fault="a second process on the same data",
        expected="refused in a sentence, also while the first one is stopped; free after kill -9",
        how="started twice",
        elsewhere=(
            "tests/blackbox/test_start_refused.py::test_a_data_directory_in_use_is_named",
            f"{SQLITE}::test_a_second_process_is_refused",
        ),
    ),
    Row(
        number=29,
        fault="a SQLite that can spoil its write-ahead log",
        expected="the start is refused",
        how="a SQLite that says it is 3.51.2, 3.40.1, 3.7.0",
        elsewhere=(f"{SQLITE}::test_every_commit_is_synced_and_nobody_checkpoints_by_himself",),
    ),
    Row(
        number=30,
        fault="a long read keeps the log from being emptied",
        expected="our own reads are ended; with another program's the log grows and is used anew afterwards",
        how="a read transaction held over 8 to 40 MiB of messages",
        elsewhere=(
            f"{SQLITE}::test_a_read_without_end_is_ended",
            f"{SQLITE}::test_a_reader_in_an_old_state_does_not_cost_a_checkpoint_at_every_commit",
        ),
    ),
    Row(
        number=31,
        fault="the database is busy",
        expected="a wait of up to 5 s, no client hears of it",
        how="another program locks it; four read and checkpoint without a pause (full form)",
        elsewhere=(f"{SQLITE}::test_a_busy_database_is_read_again",),
    ),
    Row(
        number=32,
        fault="a backup under load",
        expected="a sound copy with everything acknowledged before; p99 below three times of before (or below 100 ms, "
        "whatever it was before: the copying process needs a processor, too)",
        how="ten backups beside a writing page (full form)",
        elsewhere=(f"{BACKUP}::test_a_copy_of_a_server_at_work_is_consistent",),
    ),
    Row(
        number=33,
        fault="an older backup is restored",
        expected="another epoch: pages forget and resend; no number is taken for what it was",
        how="backup, write on, kill -9, restore, come back",
        elsewhere=(f"{BACKUP}::test_after_a_restore_everybody_forgets_and_nothing_unsent_is_lost_or_doubled",),
    ),
    Row(
        number=34,
        fault="killed in the middle of a migration",
        expected="the next start completes it; an older Frontdesk refuses a newer schema",
        how="power lost after every step of the disk; first starts killed at random (full form)",
        elsewhere=(
            "tests/store/test_migrate.py::test_killed_at_any_moment_the_next_start_completes",
            "tests/cli/test_serve.py::test_a_database_of_a_newer_frontdesk_is_refused",
        ),
    ),
    *(Row(number=number, fault=fault, expected="", absent=reason) for number, fault, reason in ABSENT),
    Row(
        number=48,
        fault="an origin that is foreign, missing, null, or only looks right",
        expected="no upgrade for agents, 4503 or none for visitors, 403 over REST; compared as values",
        how="one corpus (suffix, prefix, port, scheme, userinfo, backtick, case, homographs) for every way in",
        elsewhere=("tests/desk/test_origins.py", "tests/http/test_origins_live.py", "tests/settings/test_origin.py"),
    ),
    Row(
        number=49,
        fault="every request and route with ids of another visitor or agent",
        expected="in the same words as what does not exist, and recorded; a handler without a policy does not start",
        how="every request, person and state of a conversation over sockets; every route with an id over REST",
        elsewhere=(
            "tests/desk/test_access.py",
            "tests/http/api/test_what_is_anothers.py",
            "tests/http/api/test_access.py::test_each_role_is_let_in_where_the_policy_says_so_and_nowhere_else",
            "tests/http/test_policy.py",
        ),
    ),
    Row(
        number=50,
        fault="logout, a new password, another role, a disabled account, a login that is too old",
        expected="its sockets are closed within 5 s; by age or by another process, within 30 s",
        how="over real sockets; a clock that is set forward",
        elsewhere=("tests/http/api/test_logins_and_audit.py", "tests/desk/test_login_watch.py"),
    ),
    Row(
        number=51,
        fault="a cross-site POST, a missing token, JSON as text/plain",
        expected="refused",
        how="every route that writes",
        elsewhere=(
            "tests/http/api/test_access.py::test_another_sites_page_asks_for_nobody",
            "tests/http/api/test_access.py::test_no_form_is_taken_for_a_request",
            "tests/http/test_rest.py::test_another_sites_page_cannot_ask",
        ),
    ),
    Row(
        number=52,
        fault="script in what anybody writes: names, texts, titles, addresses, headers, settings, what a site signs",
        expected="it is text; no policy of a page is broken",
        how="a corpus and a canary in Chromium",
        elsewhere=("tests/e2e/test_hostile_words.py", "tests/e2e/test_identity.py", "tests/http/test_pages.py"),
    ),
    Row(
        number=54,
        fault="the console in a frame; the chat in that of a site it is not for",
        expected="the browser shows nothing of it",
        how="two other origins in Chromium",
        elsewhere=("tests/e2e/test_frames.py",),
    ),
    Row(
        number=56,
        fault="a visitor's token is copied, and used after its turn",
        expected="a stranger with reset, and recorded; whoever keeps what they were given is never locked out",
        how="as a property: tabs, lost and late replies, a thief; over a server that is killed between",
        elsewhere=(
            "tests/desk/test_visitor_tokens.py",
            "tests/desk/test_recognition.py",
            "tests/blackbox/test_who_is_who.py::test_a_token_outlives_lost_replies_and_kills",
        ),
    ),
    Row(
        number=57,
        fault="a visitor types a known customer's e-mail; an identity is forged",
        expected="somebody else without history; a forgery is unauthorised, and the connection lives",
        how="over real sockets; a corpus of forgeries",
        elsewhere=(
            "tests/blackbox/test_who_is_who.py::test_a_customer_is_known_by_the_sites_word_alone",
            "tests/desk/test_site_identity.py",
        ),
    ),
    Row(
        number=59,
        fault="1,000 wrong logins from one address and from many, of known and unknown accounts",
        expected="few are looked at; known and unknown are answered alike, in words and in time (who looks at the time "
        "guesses right in at most 62 of 100 cases, 50 being chance; medians differ by less than a tenth, or 1 ms); "
        "whoever is logged in is served meanwhile: p99 of a message below 100 ms",
        how="a clock that stands still; checks that are counted; threads that are held; a real server whose answers "
        "are timed (full form)",
        elsewhere=("tests/desk/test_guessing.py", "tests/desk/test_accounts.py"),
    ),
    Row(
        number=61,
        fault="a visitor is erased while they chat and while an export runs",
        expected="no trace is left in tables, files or logs; entries keep their numbers; the export is whole or empty",
        how="a word that is looked for in every file; cut off after every step",
        elsewhere=(
            "tests/blackbox/test_privacy.py::test_erased_while_chatting_and_being_exported",
            "tests/desk/test_erasure.py",
        ),
    ),
    Row(
        number=62,
        fault="card numbers in any field that somebody types into",
        expected="masked before they are stored, told, exported or logged",
        how="as a property of the mask; every field of every request; looked for in every table and file",
        elsewhere=("tests/blackbox/test_privacy.py::test_no_card_number_reaches_a_file", "tests/desk/test_masking.py"),
    ),
    Row(
        number=64,
        fault="frames that are none: bad UTF-8, reserved bits, control frames too long, fragments of one byte, "
        "2^63 - 1 bytes, compressed ones, never ended ones; and requests that make no sense",
        expected="closed with the code of RFC 6455 or ours; less than 2 MiB for each socket; nobody else is affected",
        how="raw sockets, Autobahn's cases, nonsense out of a seed (`python -m tests.fuzz`: ten minutes)",
        elsewhere=(
            "tests/session/test_conformance.py",
            "tests/session/test_hostile_bytes.py",
            "tests/blackbox/test_bad_input.py",
            "tests/fuzz/test_fuzz.py",
        ),
    ),
    Row(
        number=65,
        fault="floods: 10,000 messages on one socket, 1,000 connections of one address",
        expected="refused with a code and a time, then cut (4008, 429); who waits as told loses nothing; others notice "
        "nothing",
        how="over real processes; order and loss as a property of the limits",
        elsewhere=("tests/blackbox/test_limits.py", "tests/session/test_limits.py", "tests/session/test_bounded.py"),
    ),
    Row(
        number=71,
        fault="an agent accepts at the moment the offer expires, is declined, is taken by another or passed on, "
        "or the visitor leaves",
        expected="one outcome; whoever was late is told `gone`; nobody's load is wrong afterwards",
        how="both at once over sockets, a hundred times each (quick: five); as a property of the router",
        elsewhere=(
            "tests/router/test_peers_races.py",
            "tests/router/test_offers.py::test_a_late_accept_is_gone_and_a_foreign_one_is_not_found",
            "tests/desk/test_peers_faults.py::test_two_accepts_in_one_batch_are_one_assignment",
            "tests/blackbox/test_offers.py::test_accepting_twice_is_one_acceptance",
            "tests/blackbox/test_methods.py::test_ring_all_pipelined_accepts_never_exceed_the_slots",
        ),
    ),
    Row(
        number=73,
        fault="the event loop is blocked by a bug",
        expected="a line in the log with the stack of where it stands, once; a second one when it turns again; counted",
        how="a step that waits for a gate, which opens when the watchdog has spoken",
        elsewhere=("tests/test_watchdog.py::test_a_loop_that_is_blocked_shows_where",),
    ),
    Row(
        number=74,
        fault="people come and go for an hour, fifty a second",
        expected="files, tasks, memory, log and the database for each message do not grow (by more than is said "
        "below); who left has left nothing",
        how="`python -m tests.faults soak --minutes 60`; two minutes in the full form",
    ),
    Row(
        number=75,
        fault="the process is stopped (SIGSTOP) under load, for longer than a heartbeat, and continued",
        expected="it goes on, within 10 s; nothing is lost or doubled",
        how="1 s, and 45 s in the full form",
    ),
    Row(
        number=76,
        fault="the machine's clock jumps: an hour ahead, two back, a week ahead; back again before a restart",
        expected="times in a conversation never run backwards, nothing is lost",
        how="the server's way to the clock is shifted while it runs",
        elsewhere=("tests/test_clock.py",),
    ),
    Row(
        number=77,
        fault="bad cables: byte by byte, 100 ms away, one way only, flapping",
        expected="slower, and complete: a hundred messages in one breath over 100 ms each way within 3 s",
        how="a proxy",
    ),
    Row(
        number=78,
        fault="everything at once: kills, stops and cuts under the load of 1,000,000 messages",
        expected="the recorded history of every client agrees with the database",
        how="`python -m tests.faults million`; the quick form is a run of a few thousand",
    ),
    Row(
        number=79,
        fault="connections that never get as far as a request: silent, half a head, a body byte by byte, an answer "
        "that is never taken, what is no HTTP",
        expected="let go after 10 s, 30 s, 150 s; bounded in number, the longest idle makes room; counted, and one "
        "line a second in the log",
        how="raw bytes; the bounds as a property",
        elsewhere=("tests/http/test_site.py", "tests/http/test_lobby.py"),
    ),
)

BY_NUMBER = {row.number: row for row in ROWS}
