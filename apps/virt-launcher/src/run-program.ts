import { execFile } from 'node:child_process';

/** A program ended badly; the message holds the end of what it wrote to stderr. */
class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024;
const MAX_STDERR_IN_MESSAGE = 500;

/** Runs a program with bounded time and output. @throws ProgramFailed */
export function runProgram(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: 'C', ...env } };
    execFile(command, args, options, (cause, _stdout, stderr) => {
      if (!cause) resolve();
      else {
        const detail = stderr.trim().slice(-MAX_STDERR_IN_MESSAGE) || cause.message;
        reject(new ProgramFailed(`${command} ${args[0] ?? ''} failed: ${detail}`, { cause }));
      }
    });
  });
}
