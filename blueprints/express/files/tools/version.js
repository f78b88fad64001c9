// Notes in dist/version.json which version was built: what VERSION and COMMIT say, else what git knows.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

function git(...args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

const version = process.env.VERSION ?? git('describe', '--tags', '--always', '--dirty');
const commit = process.env.COMMIT ?? git('rev-parse', 'HEAD');
writeFileSync(new URL('../dist/version.json', import.meta.url), `${JSON.stringify({ version, commit })}\n`);
