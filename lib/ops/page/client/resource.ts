import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem, getView } from './api.client.js';
import { browserTime } from './browser.time.js';
import { overview } from './live.overview.js';
import { serverNow } from './server.time.js';

const AGAIN_AFTER_MS = 5_000;

/** What the API answers under a path, as far as it is known. */
export interface Resource<View> {
  /** The latest, maybe of the path before; undefined until there was one. */
  readonly view: View | undefined;
  /** When it came, in epoch milliseconds. */
  readonly knownAt: number;
  /** Why there is none, or nothing newer; undefined while all is well. */
  readonly problem: ApiProblem | undefined;
  readonly isLoading: boolean;
  /** Asks again, unless that is under way. */
  readonly reload: () => void;
}

/** Asks for a view, again where it fails for now, and anew when the path changes. */
export function useResource<View>(path: string): Resource<View> {
  const [known, setKnown] = useState<{ view: View | undefined; at: number }>({
    view: undefined,
    at: 0,
  });
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined);
  const [turn, setTurn] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const loading = useRef(true);

  useEffect(() => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const mark = (value: boolean): void => setLoading((loading.current = value));
    const load = async (): Promise<void> => {
      mark(true);
      while (!signal.aborted) {
        try {
          const view = await getView<View>(path, signal);
          setKnown({ view, at: serverNow.peek() });
          setProblem(undefined);
          return mark(false);
        } catch (error) {
          if (signal.aborted || !(error instanceof ApiProblem)) return;
          setProblem(error);
          if (!error.passes) return mark(false);
          await browserTime.sleep(AGAIN_AFTER_MS, signal);
        }
      }
    };
    void load();
    return () => stopping.abort();
  }, [path, turn]);

  const reload = (): void => {
    if (!loading.current) setTurn((before) => before + 1);
  };
  return { view: known.view, knownAt: known.at, problem, isLoading, reload };
}

/** Asks again with each new overview, while `wanted`. */
export function useLiveReload({ reload }: Pick<Resource<unknown>, 'reload'>, wanted = true): void {
  const latest = useRef(reload);
  latest.current = wanted ? reload : () => undefined;
  const seen = useRef(overview.peek());
  useSignalEffect(() => {
    if (overview.value === seen.current) return;
    seen.current = overview.value;
    latest.current();
  });
}
