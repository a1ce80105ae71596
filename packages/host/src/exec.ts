import { spawn } from 'node:child_process';

export interface ExecOptions {
  /** Written to its standard input. */
  input?: string;
  /** Descriptors that it gets as 3, 4, ... */
  descriptors?: readonly number[];
  /** It is killed after it. Defaults to 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
}

/** A program that could not be started, ended with another code than 0, or was killed. */
export class ExecError extends Error {
  override name = 'ExecError';
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(message: string, details: { exitCode: number | null; stderr: string; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.exitCode = details.exitCode;
    this.stderr = details.stderr;
  }
}

/** What a program may print; the rest is dropped. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Runs a program, without a shell. @throws ExecError */
export async function exec(program: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const { input, descriptors = [], timeoutMs = 10_000, signal, env } = options;
  const child = spawn(program, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...descriptors],
    killSignal: 'SIGKILL',
    signal,
    env,
  });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number | null; killed: string | null }>();
  child.once('error', reject);
  child.once('close', (exitCode, killed) => resolve({ exitCode, killed }));
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin?.on('error', () => undefined).end(input);
  const command = [program, ...args].join(' ');
  let end;
  try {
    end = await promise;
  } catch (cause) {
    throw new ExecError(`${command}: ${(cause as Error).message}`, { exitCode: null, stderr: stderr(), cause });
  } finally {
    clearTimeout(limit);
  }
  if (end.exitCode === 0) return { stdout: stdout(), stderr: stderr() };
  const outcome = outcomeOf(end, isLate ? timeoutMs : undefined);
  throw new ExecError(`${command} ${outcome}: ${stderr().trim()}`, { exitCode: end.exitCode, stderr: stderr() });
}

function outcomeOf(
  { exitCode, killed }: { exitCode: number | null; killed: string | null },
  lateAfterMs?: number,
): string {
  if (lateAfterMs !== undefined) return `had not ended after ${lateAfterMs} ms, and was killed`;
  return exitCode === null ? `was killed by ${killed}` : `ended with code ${exitCode}`;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (length >= MAX_OUTPUT_BYTES) return;
    chunks.push(chunk);
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).toString();
}
