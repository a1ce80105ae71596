import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';

const chart = resolve(import.meta.dirname, '../../charts/quickvirt');

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

/**
 * Helm keeps a release in one Secret: the chart's files in Base64 and the rendered manifests, as JSON, compressed, in
 * Base64. etcd and the API server take 1 MiB; a Secret beyond that makes the install fail at its very end.
 */
test('a Helm release with every CRD fits its Secret with room to spare', () => {
  const files = filesUnder(chart).map((path) => ({ name: path.slice(chart.length + 1), text: readFileSync(path) }));
  const release = {
    chart: { templates: files.map(({ name, text }) => ({ name, data: text.toString('base64') })) },
    manifest: files.map(({ name, text }) => `---\n# Source: quickvirt/${name}\n${text.toString('utf8')}`).join('\n'),
  };
  const stored = gzipSync(JSON.stringify(release), { level: 9 }).toString('base64');
  expect(stored.length).toBeGreaterThan(50_000);
  expect(stored.length).toBeLessThan(0.7 * 1024 * 1024);
});
