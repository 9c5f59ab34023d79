const MARK = /^\(\d+\+?\) /;

/** Marks the tab with the number of unread messages. The title is the host page's, so only our mark is touched. */
export function markTitle(unread: number): void {
  const bare = document.title.replace(MARK, "");
  const marked = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${bare}` : bare;
  if (document.title !== marked) document.title = marked;
}
