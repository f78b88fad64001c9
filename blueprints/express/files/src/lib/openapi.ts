import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const main = new URL('../../openapi.yaml', import.meta.url);

/** Reads openapi.yaml and returns it in one piece: every reference is replaced by what it refers to. */
export function readDescription(): Record<string, unknown> {
  return new Resolver().resolve(main, '') as Record<string, unknown>;
}

class Resolver {
  readonly #documents = new Map<string, unknown>();

  /** Returns the part of a document that a JSON pointer names. */
  resolve(file: URL, pointer: string): unknown {
    let part = this.#document(file);
    for (const token of pointer.split('/').slice(1)) {
      part = (part as Record<string, unknown> | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    if (part === undefined) {
      throw new Error(`${file.pathname}#${pointer} is not there`);
    }
    return this.#inline(file, part);
  }

  #document(file: URL): unknown {
    const known = this.#documents.get(file.pathname);
    if (known !== undefined) {
      return known;
    }
    const document: unknown = parse(readFileSync(file, 'utf8'));
    this.#documents.set(file.pathname, document);
    return document;
  }

  #inline(file: URL, part: unknown): unknown {
    if (Array.isArray(part)) {
      return part.map((item) => this.#inline(file, item));
    }
    if (typeof part !== 'object' || part === null) {
      return part;
    }
    if ('$ref' in part && typeof part.$ref === 'string') {
      const [path = '', pointer = ''] = part.$ref.split('#');
      return this.resolve(path === '' ? file : new URL(path, file), pointer);
    }
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, this.#inline(file, value)]));
  }
}
