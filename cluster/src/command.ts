import { spawn, type StdioOptions } from 'node:child_process';

/** How to run a command. */
export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Its output goes to the terminal. Default: it is kept, and shown when the command fails. */
  show?: boolean;
  timeoutMs?: number;
}

/** A command that ended with something other than 0. */
export class CommandFailed extends Error {
  readonly exitCode: number;
  readonly output: string;

  constructor(command: string[], exitCode: number, output: string) {
    super(
      `${command.join(' ')} ended with ${exitCode}${output ? `:\n${output.trim().split('\n').slice(-30).join('\n')}` : ''}`,
    );
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Runs a command to its end and returns what it printed on its standard output.
 * @throws CommandFailed with the end of its output when it fails.
 */
export async function command(words: string[], options: CommandOptions = {}): Promise<string> {
  const [program = '', ...args] = words;
  const stdio: StdioOptions = [
    options.input === undefined ? 'ignore' : 'pipe',
    options.show ? 'inherit' : 'pipe',
    options.show ? 'inherit' : 'pipe',
  ];
  const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio });
  let stdout = '';
  let all = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (all += text));
  child.stdin?.on('error', () => undefined); // the command may end before it has read its input
  child.stdin?.end(options.input);
  const timer = options.timeoutMs ? setTimeout(() => child.kill('SIGKILL'), options.timeoutMs) : undefined;
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`${program} could not be started: ${error.message}`, { cause: error })),
    );
    child.once('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  if (exitCode !== 0) throw new CommandFailed(words, exitCode, all);
  return stdout;
}

/** Like `command`, but undefined when it fails. */
export async function tryCommand(words: string[], options: CommandOptions = {}): Promise<string | undefined> {
  return command(words, options).catch(() => undefined);
}
