import type { Command } from 'commander';

/** Flags that every command takes, as kubectl names them. */
export interface GlobalOptions {
  namespace?: string;
  context?: string;
  kubeconfig?: string;
}

/** Adds the flags of `GlobalOptions`. */
export function withGlobalOptions(command: Command): Command {
  return command
    .configureHelp({ showGlobalOptions: true })
    .option('-n, --namespace <namespace>', 'namespace of the VM; defaults to the one of the context')
    .option('--context <context>', 'context of the kubeconfig; defaults to its current one')
    .option('--kubeconfig <path>', 'path of the kubeconfig; defaults to $KUBECONFIG, then ~/.kube/config');
}
