import type { Context } from './context.ts';
import { CONSOLE_DIRECTORY, SERIAL_LOG } from './paths.ts';
import type { Container } from './pod.ts';
import { sideContainer } from './side-container.ts';

/** Name of the container; clients know it. */
export const CONSOLE_LOG_CONTAINER = 'guest-console-log';

/**
 * Shows what the guest prints on its serial port as the log of a container, so that `kubectl logs -c guest-console-log`
 * and log collectors find it. An init container that goes on: it is there before the guest and ends after it.
 */
export function guestConsoleLog(context: Context): Container[] {
  const { devices } = context.vmi.spec.domain;
  const wanted = devices.logSerialConsole ?? !context.config.disableSerialConsoleLog;
  if (!wanted || devices.autoattachSerialConsole === false) return [];
  return [
    {
      ...sideContainer(context, CONSOLE_LOG_CONTAINER, 'guest-console-log'),
      image: context.options.launcherImage,
      imagePullPolicy: context.config.imagePullPolicy,
      // tini passes SIGTERM on: as PID 1 tail would ignore it and hold the pod's end up. -F also follows a log that was
      // moved aside, and waits for one that is not there yet; what tail says of that is no part of the guest's console.
      command: ['/usr/bin/tini', '--', 'sh', '-c', 'exec tail -q -n +1 -F "$0" 2>/dev/null', SERIAL_LOG],
      restartPolicy: 'Always',
      // SIGTERM ends it with an error, so that the kubelet keeps the guest's last lines (2048 bytes) in the pod's status:
      // also when the launcher was killed and could leave no record of them.
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [{ name: 'console', mountPath: CONSOLE_DIRECTORY, readOnly: true }],
    },
  ];
}
