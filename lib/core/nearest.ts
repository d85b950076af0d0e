/** The candidate that `word` is most likely a slip of; undefined where none is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const slips = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.ceil(candidate.length / 4))
    .sort((a, b) => a.distance - b.distance);
  return slips[0]?.candidate;
}

/** Insertions, deletions and changes of one letter between the two, whatever the case (Levenshtein). */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
