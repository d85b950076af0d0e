/** A clock that stands still until a test moves it. */
export class TestClock {
  private time = 1_800_000_000_000;
  now(): number {
    return this.time;
  }
  pass(milliseconds: number): void {
    this.time += milliseconds;
  }
}
