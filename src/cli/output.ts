/** Where the command line writes. */
export interface CliOutput {
  /** What was asked for. */
  readonly out: (text: string) => void;
  /** All else. */
  readonly err: (text: string) => void;
}
