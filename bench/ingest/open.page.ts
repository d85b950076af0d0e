/** Of the operations page, for the bench. */
export const PAGE_LOGIN = {
  name: 'bench',
  password: 'bench looks on all day',
  role: 'view',
} as const;

/**
 * What a browser asks for while it shows the page in two tabs: the overview, which the stream brings, and the newest
 * events, which are asked for again with each of its messages.
 * @returns how to close both
 */
export function openPage(application: string): () => void {
  const closing = new AbortController();
  const { name, password } = PAGE_LOGIN;
  const ask = (path: string): Promise<Response> =>
    fetch(`${application}/ops/api/${path}`, {
      headers: { authorization: `Basic ${btoa(`${name}:${password}`)}` },
      signal: closing.signal,
    });
  const read = async (path: string, each: () => Promise<unknown>): Promise<void> => {
    const { body, status } = await ask(path);
    if (!body || status !== 200) throw new Error(`The page's ${path} was answered ${status}.`);
    for await (const _ of body) await each();
  };
  const events = async (): Promise<void> => {
    for (const path of ['events', 'events/count']) await (await ask(path)).arrayBuffer();
  };
  const untilClosed = (tab: Promise<void>): void => {
    tab.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
  };
  untilClosed(read('live', () => Promise.resolve()));
  untilClosed(read('live', events));
  return () => closing.abort();
}
