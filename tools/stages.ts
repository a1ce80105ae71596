import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A command of a longer run, with the words to show for it. */
export interface Stage {
  title: string;
  command: string[];
  /** Where its output goes; shown only when it fails. Default: it is shown as it comes. */
  logFile?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs a stage and prints one line: title, outcome, duration.
 * @returns whether it succeeded.
 */
export async function runStage(stage: Stage, position = ''): Promise<boolean> {
  const began = Date.now();
  process.stdout.write(`${position}${stage.title} ... `);
  if (!stage.logFile) process.stdout.write('\n');
  const exitCode = await execute(stage);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(
    `${stage.logFile ? '' : `${position}${stage.title}: `}${exitCode === 0 ? 'ok' : `FAILED (${exitCode})`} ${seconds} s`,
  );
  if (exitCode !== 0 && stage.logFile)
    console.log(readFileSync(stage.logFile, 'utf8').split('\n').slice(-80).join('\n'));
  return exitCode === 0;
}

function execute(stage: Stage): Promise<number> {
  const [program = '', ...args] = stage.command;
  let log: number | undefined;
  if (stage.logFile) {
    mkdirSync(dirname(stage.logFile), { recursive: true });
    log = openSync(stage.logFile, 'w');
  }
  const child = spawn(program, args, {
    stdio: ['ignore', log ?? 'inherit', log ?? 'inherit'],
    env: { ...(stage.env ?? process.env), ...(log !== undefined && { NO_COLOR: '1', FORCE_COLOR: '0' }) },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (log !== undefined) closeSync(log);
      resolve(code ?? 1);
    });
  });
}
