/**
 * Thrown by a rule that cannot tell the shape of its outputs; the message is the reason that goes with them. No `Error`,
 * because a graph may have a hundred thousand of them and each stack trace would cost more than the inference.
 */
export class NoAnswer {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
