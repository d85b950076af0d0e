/** Of what its place in the URL says. */
export interface ViewProps {
  /** Empty where it is about no single thing. */
  readonly id: string;
  readonly query: URLSearchParams;
}
