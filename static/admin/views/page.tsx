import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The head of a page of the settings. It gets the focus when one walks to it, so that it is read out. */
export function PageHead({ title, lead, children }: { title: string; lead?: string; children?: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Frontdesk settings`;
    if (arrived) head.current?.focus();
    arrived = true;
  }, [title]);
  return (
    <header class="page-head">
      <h1 ref={head} tabIndex={-1}>{title}</h1>
      {lead !== undefined && <p class="soft">{lead}</p>}
      {children}
    </header>
  );
}

// The first page takes no focus: whoever has just arrived begins at the top.
let arrived = false;

export function Gone({ what }: { what: string }) {
  return (
    <>
      <PageHead title="Not there" />
      <p>There is no such {what} any more. Somebody may have removed it. <a href="#/">To the overview</a></p>
    </>
  );
}

/** What stands where a list would, as long as it is empty. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return <div class="nothing"><p><b>{title}</b></p><div class="soft">{children}</div></div>;
}
