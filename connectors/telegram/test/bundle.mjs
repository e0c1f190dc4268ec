// The connector as the component holds it: bundled in the same way, without the engine.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../sdk/javascript/build.mjs';

/** The connector's module. */
export async function connector() {
  const file = join(mkdtempSync(join(tmpdir(), 'connector-')), 'connector.mjs');
  await bundle("export * from './src/connector.js';", file);
  return import(pathToFileURL(file));
}
