import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, test } from 'vitest';

const here = (name: string) => resolve(process.cwd(), 'src/api', name);

// @vitest-environment node
test('the types are those of the document', async () => {
  const document = JSON.parse(readFileSync(here('openapi.gen.json'), 'utf8')) as Record<string, unknown>;
  const types = astToString(await openapiTS(document as never, { defaultNonNullable: false }));
  const checkedIn = readFileSync(here('schema.gen.ts'), 'utf8');
  expect(checkedIn.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '').trim()).toBe(types.trim());
}, 30_000);
