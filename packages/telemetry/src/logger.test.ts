import { describe, expect, test } from '@jest/globals';
import { createLineLogger } from './line-logger.ts';

function logger(verbosity?: number | (() => number)) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => {
    expect(line.endsWith('\n')).toBe(true);
    expect(line.trimEnd()).not.toContain('\n');
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, log: createLineLogger({ component: 'virt-test', verbosity, write }) };
}

describe('a logger', () => {
  test('writes one JSON object a line with time, level, component, message and fields', () => {
    const { lines, log } = logger();
    log.info('started', { port: 8080, count: 3n });
    expect(lines).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: 'info',
        component: 'virt-test',
        message: 'started',
        port: 8080,
        count: '3',
      },
    ]);
  });

  test('a child adds its fields; a line overrides them', () => {
    const { lines, log } = logger();
    const child = log.child({ object: { kind: 'VM', name: 'a' }, reconcileId: 'r1' }).child({ step: 1 });
    child.warn('slow', { step: 2 });
    expect(lines[0]).toMatchObject({ level: 'warn', object: { kind: 'VM', name: 'a' }, reconcileId: 'r1', step: 2 });
  });

  test('debug needs verbosity 4, which may change while it runs', () => {
    let verbosity = 3;
    const { lines, log } = logger(() => verbosity);
    log.debug('hidden');
    verbosity = 4;
    log.child({}).debug('shown');
    expect(lines.map(({ message }) => message)).toEqual(['shown']);
  });

  test('an error is written with code and causes, a cause without its stack', () => {
    const { lines, log } = logger();
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    log.error('no answer', { error: new Error('outer', { cause }) });
    expect(lines[0]).toMatchObject({
      error: {
        name: 'Error',
        message: 'outer',
        stack: expect.any(String),
        cause: { message: 'refused', code: 'ECONNREFUSED' },
      },
    });
    expect(lines).not.toMatchObject([{ error: { cause: { stack: expect.any(String) } } }]);
  });

  test('a field that JSON cannot hold costs the fields, not the line', () => {
    const { lines, log } = logger();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    log.info('still here', { cycle });
    expect(lines[0]).toMatchObject({ message: 'still here', fieldsDropped: expect.stringContaining('circular') });
  });
});
