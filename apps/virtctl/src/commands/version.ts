import type { Command } from 'commander';
import { VERSION } from '@quickvirt/api';
import type { GlobalOptions } from '../global-options.ts';
import { withSession } from '../session.ts';

/** `version`. */
export function versionCommand(program: Command): void {
  program
    .command('version')
    .description('print the versions of virtctl and of the cluster')
    .option('-c, --client', 'only that of virtctl', false)
    .action(async (options: { client: boolean }, command: Command) => {
      console.log(`Client Version: ${VERSION}`);
      if (options.client) return;
      const server = await withSession(command.optsWithGlobals<GlobalOptions>(), async ({ client }) => {
        const group = await client.request<{ preferredVersion: { groupVersion: string } }>({
          method: 'GET',
          path: '/apis/subresources.kubevirt.io',
        });
        return client.request<{ gitVersion: string }>({
          method: 'GET',
          path: `/apis/${group.preferredVersion.groupVersion}/version`,
        });
      });
      console.log(`Server Version: ${server.gitVersion}`);
    });
}
