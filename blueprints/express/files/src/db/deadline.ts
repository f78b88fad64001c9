import { UnavailableError } from './errors.ts';

/** Says that the time for an operation is over. */
export class TimeoutError extends UnavailableError {
  constructor() {
    super(new Error('the database does not answer in time'));
  }
}

/** Bounds the steps of one operation together. */
export class Deadline {
  readonly #end: number;

  /** Begins now, with so many milliseconds. */
  constructor(timeout: number) {
    this.#end = performance.now() + timeout;
  }

  /** How many milliseconds are left, at least 1. */
  get left(): number {
    return Math.max(1, Math.round(this.#end - performance.now()));
  }

  get over(): boolean {
    return performance.now() >= this.#end;
  }

  /** Settles as the promise does, or throws a TimeoutError when the time is over. What comes too late goes to late. */
  bound<T>(promise: Promise<T>, late: (value: T) => void = () => undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const timer = setTimeout(() => {
        ended = true;
        reject(new TimeoutError());
      }, this.left);
      promise.then(
        (value) => {
          clearTimeout(timer);
          if (ended) {
            late(value);
          }
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}
