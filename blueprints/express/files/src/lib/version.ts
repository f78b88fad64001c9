import { existsSync, readFileSync } from 'node:fs';

/** What the program says about itself. */
export interface Version {
  version: string;
  commit: string;
}

/** Returns the version that the build has noted in dist/version.json; run from its source, a program has none. */
export function readVersion(): Version {
  const file = new URL('../version.json', import.meta.url);
  if (!existsSync(file)) {
    return { version: 'dev', commit: 'unknown' };
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Version;
}
