import { describe, expect, test } from '@jest/globals';
import { Metrics } from './metrics.ts';

describe('Metrics', () => {
  test('asking twice gives the same metric, another type throws', async () => {
    const metrics = new Metrics();
    const options = { name: 'things_total', help: 'Things.', labelNames: ['kind'] as const };
    metrics.counter(options).inc({ kind: 'a' });
    metrics.counter(options).inc({ kind: 'a' }, 2);
    expect((await metrics.expose()).body).toContain('things_total{kind="a"} 3');
    expect(() => metrics.gauge(options)).toThrow('things_total exists already with another type');
  });

  test('a gauge is asked at scrape time', async () => {
    const metrics = new Metrics();
    let depth = 0;
    metrics.gauge({ name: 'depth', help: 'Depth.', collect: (gauge) => gauge.set(depth) });
    depth = 7;
    expect((await metrics.expose()).body).toContain('depth 7');
  });

  test('registries are apart, and process metrics come on demand', async () => {
    expect((await new Metrics().expose()).body.trim()).toBe('');
    expect((await new Metrics({ process: true }).expose()).body).toContain('process_resident_memory_bytes');
  });
});
