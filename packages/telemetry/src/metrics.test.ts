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

  test('rows are made at scrape time, in the form that Prometheus reads', async () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'first_total', help: 'First.' }).inc();
    let values: [string, number][] = [['quoted "x" \\ \n', 1.5]];
    metrics.rows({ name: 'things', help: 'Things.', labelNames: ['kind', 'of'] }, () =>
      values.map(([kind, value]) => [{ kind, of: 'a' }, value] as const),
    );
    const { body } = await metrics.expose();
    expect(body.split('\n')).toEqual(
      expect.arrayContaining([
        'first_total 1',
        '# HELP things Things.',
        '# TYPE things gauge',
        'things{kind="quoted \\"x\\" \\\\ \\n",of="a"} 1.5',
      ]),
    );
    values = [['b', Infinity]];
    const later = (await metrics.expose()).body;
    expect(later).toContain('things{kind="b",of="a"} +Inf\n');
    expect(later).not.toContain('quoted');
    expect(() => metrics.rows({ name: 'first_total', help: '' }, () => [])).toThrow('exists already');
    expect(() => metrics.rows({ name: 'things', help: '' }, () => [])).toThrow('exists already');
  });

  test('other work has its turn while many rows are made', async () => {
    const metrics = new Metrics();
    metrics.rows({ name: 'many', help: 'Many.', labelNames: ['n'] }, function* () {
      for (let n = 0; n < 10_000; n += 1) yield [{ n: String(n) }, n];
    });
    let turns = 0;
    let scraping = true;
    const turn = () => {
      turns += 1;
      if (scraping) setImmediate(turn);
    };
    setImmediate(turn);
    const { body } = await metrics.expose();
    scraping = false;
    expect(body.split('\n').filter((line) => line.startsWith('many{'))).toHaveLength(10_000);
    expect(turns).toBeGreaterThan(40);
  });

  test('registries are apart, and process metrics come on demand', async () => {
    expect((await new Metrics().expose()).body.trim()).toBe('');
    expect((await new Metrics({ process: true }).expose()).body).toContain('process_resident_memory_bytes');
  });
});
