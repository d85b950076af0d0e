export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Beyond so many pairs of lines a whole part is told as removed and added. */
const MOST_PAIRS = 4_000_000;

/** What makes `after` of `before`, line by line, with as few changed lines as there can be. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (
    tail < Math.min(a.length, b.length) - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail += 1;
  }
  return [
    ...lines('same', a.slice(0, head)),
    ...changed(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...lines('same', a.slice(a.length - tail)),
  ];
}

const lines = (kind: DiffLine['kind'], texts: readonly string[]): readonly DiffLine[] =>
  texts.map((text) => ({ kind, text }));

function changed(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  if (a.length * b.length > MOST_PAIRS) return [...lines('removed', a), ...lines('added', b)];
  const common = commonLengths(a, b);
  const width = b.length + 1;
  const result: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      result.push({ kind: 'same', text: a[i] as string });
      i += 1;
      j += 1;
    } else if (at(common, (i + 1) * width + j) >= at(common, i * width + j + 1)) {
      result.push({ kind: 'removed', text: a[i] as string });
      i += 1;
    } else {
      result.push({ kind: 'added', text: b[j] as string });
      j += 1;
    }
  }
  return [...result, ...lines('removed', a.slice(i)), ...lines('added', b.slice(j))];
}

/** Of each pair of rests, from line i of `a` and line j of `b` on, how many lines they have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? at(lengths, (i + 1) * width + j + 1) + 1
          : Math.max(at(lengths, (i + 1) * width + j), at(lengths, i * width + j + 1));
    }
  }
  return lengths;
}

const at = (lengths: Uint32Array, index: number): number => lengths[index] ?? 0;
