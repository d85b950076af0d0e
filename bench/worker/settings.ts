/** Options of a subject by their own names; what is not named has its default. */
export type Settings = Readonly<Record<string, number>>;

/** For a table: `concurrency 200, poolSize 5`. */
export function settingsText(settings: Settings): string {
  const parts = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? parts.join(', ') : 'defaults';
}
