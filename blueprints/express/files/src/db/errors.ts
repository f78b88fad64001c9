/** Other rows have the values of these unique fields. */
export class DuplicateError extends Error {
  readonly fields: string[];

  constructor(fields: string[], cause: unknown) {
    super(`another row has this ${fields.join(' and ')}`, { cause });
    this.fields = fields;
  }
}

/** A foreign key refuses a statement: what it refers to is missing, or other rows refer to what it deletes. */
export class ForeignKeyError extends Error {}

/** Fields refer to rows that do not exist. */
export class MissingReferenceError extends Error {
  readonly fields: string[];

  constructor(fields: string[]) {
    super(`${fields.join(' and ')} refers to a row that does not exist`);
    this.fields = fields;
  }
}

/** The database cannot be reached in time; a later try may succeed. */
export class UnavailableError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'the database does not answer', { cause });
  }
}
