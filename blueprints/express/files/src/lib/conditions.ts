import type { Request } from 'express';

/** Returns the entity tag of a version of a resource. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Reports whether If-None-Match says that the client has the version already. */
export function isFresh(req: Request, version: number): boolean {
  return tagsOf(req.get('If-None-Match')).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etagOf(version));
}

/** Reports whether a change depends on the version of the resource. */
export function isConditional(req: Request): boolean {
  const header = req.get('If-Match');
  return header !== undefined && header.trim() !== '*';
}

/** Reports whether If-Match allows a change of the version. Weak tags never match. */
export function allowsChange(req: Request, version: number): boolean {
  return !isConditional(req) || tagsOf(req.get('If-Match')).includes(etagOf(version));
}

/** Splits a header at commas; the tags of this service have none. */
function tagsOf(header: string | undefined): string[] {
  return header?.split(',').map((tag) => tag.trim()) ?? [];
}
