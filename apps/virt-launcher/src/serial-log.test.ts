import { afterAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialLog } from './serial-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'qv-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('keeps the newest output in two files of bounded size', () => {
  const path = join(directory, 'console', 'serial0.log');
  const log = new SerialLog(path, 10);
  log.append(Buffer.from('12345'));
  log.append(Buffer.from('67890'));
  expect(readFileSync(path, 'utf8')).toBe('1234567890');
  expect(existsSync(`${path}.1`)).toBe(false);
  log.append(Buffer.from('a'));
  expect(readFileSync(path, 'utf8')).toBe('a');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('1234567890');
  log.append(Buffer.from('bcdefghijk'));
  expect(readFileSync(path, 'utf8')).toBe('bcdefghijk');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('a');
  log.close();
});
