/** What a step leaves to those after it. */
export interface Found<Value> {
  readonly value: Value;
  /** What came, for the user. */
  readonly message: string;
  /** It stood before. */
  readonly kept?: boolean;
}
