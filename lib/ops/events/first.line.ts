/** The first line of an error's text, in so many characters at most. */
export function firstLine(text: string, longest: number): string {
  const [line = ''] = text.split('\n', 1);
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
