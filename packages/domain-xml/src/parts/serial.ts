import { unlessFalse, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The first serial port on a socket, with what it prints kept in a file: a socket keeps nothing while nobody listens. */
export function serial({ devices, config, facts }: Context): Element[] {
  if (!unlessFalse(devices.autoattachSerialConsole)) return [];
  const logged = devices.logSerialConsole ?? !config.disableSerialConsoleLog;
  return [
    element(
      'serial',
      { type: 'unix' },
      element('source', { mode: 'bind', path: `${facts.runDirectory}/serial0` }),
      logged && element('log', { file: `${facts.runDirectory}/console/serial0.log`, append: 'on' }),
      element('target', { port: 0 }),
    ),
    element('console', { type: 'pty' }, element('target', { type: 'serial', port: 0 })),
  ];
}
