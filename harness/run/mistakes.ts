/** What a user has to change before a run can begin: all of it at once, exit code 2, never a stack trace. */
export class Mistakes extends Error {
  override readonly name = 'Mistakes';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}
