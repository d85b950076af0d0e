/** Where the services reach this app; known once it listens, since PORT may be 0. */
export class PublicUrl {
  private base: string | undefined;

  set(base: string): void {
    this.base = base;
  }

  of(path: string): string {
    if (this.base === undefined) throw new Error('The app does not listen yet.');
    return `${this.base}${path}`;
  }
}
