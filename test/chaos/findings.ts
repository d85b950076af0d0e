const SHOWN = 8;

/** What a scenario has found: the three things that must not be, whatever else is wrong, and figures. */
export class Findings {
  readonly problems: string[] = [];
  readonly counts = { lost: 0, doubled: 0, violations: 0, other: 0 };
  private readonly figures: string[] = [];

  lost(name: string, what: string): void {
    this.counts.lost += 1;
    this.add(`lost: ${name}: ${what}`);
  }

  doubled(name: string, what: string): void {
    this.counts.doubled += 1;
    this.add(`doubled: ${name}: ${what}`);
  }

  violation(text: string): void {
    this.counts.violations += 1;
    this.add(`violation: ${text}`);
  }

  wrong(text: string): void {
    this.counts.other += 1;
    this.add(`wrong: ${text}`);
  }

  check(holds: boolean, text: string): void {
    if (!holds) this.wrong(text);
  }

  figure(name: string, value: string | number): void {
    this.figures.push(`${typeof value === 'number' ? value.toLocaleString('en') : value} ${name}`);
  }

  get failed(): boolean {
    return Object.values(this.counts).some((count) => count > 0);
  }

  line(): string {
    const { lost, doubled, violations, other } = this.counts;
    const verdict = [`${lost} lost`, `${doubled} doubled`, `${violations} invariant violations`];
    if (other > 0) verdict.push(`${other} OTHER PROBLEMS`);
    return [...this.figures, ...verdict].join(', ');
  }

  private add(problem: string): void {
    if (this.problems.length < SHOWN) this.problems.push(problem.slice(0, 1_500));
  }
}
