/** What the handler of an event does, and what is promised of it. */
export const FIGURES = ['empty', 'at-least-once', 'transaction', 'grouped'] as const;
export type Figure = (typeof FIGURES)[number];

export const FIGURE_TEXTS: Readonly<Record<Figure, string>> = {
  empty: 'an empty handler',
  'at-least-once': "one UPDATE on the handler's own connection, at least once",
  transaction: 'one UPDATE, exactly once, a transaction an event',
  grouped: 'one UPDATE, exactly once, many events a transaction',
};

/** Of a figure whose handler has an effect: whether it must have happened exactly once for each event. */
export const EXACTLY_ONCE: Readonly<Record<Figure, boolean>> = {
  empty: false,
  'at-least-once': false,
  transaction: true,
  grouped: true,
};
