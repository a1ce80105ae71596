import type { LauncherImage } from './node-agent/container-image.ts';

/** What the host tells the node agent at its start, as `node.json` in the shared folder. */
export interface NodeConfig {
  nodeName: string;
  /** Namespace of the installation. */
  namespace: string;
  apiServer: { host: string; port: string };
  launcherImage: LauncherImage;
  /** What container disks hold. */
  guestDiskPath: string;
  virtHandler: {
    podName: string;
    nodePath: string;
    bundlePath: string;
    entryArguments: string[];
    args: string[];
  };
}
