/**
 * Where things lie in a launcher pod. The renderer mounts them, the launcher and virt-handler find them. Sockets end at
 * 107 bytes (sockaddr_un) and libvirt adds 50 to 60, so everything is short.
 */

/** libvirt's sockets, state and logs; in memory. */
export const RUN_DIRECTORY = '/run/launcher';
/** The socket directory that virt-handler reaches from the node; in memory. */
export const SOCKETS_DIRECTORY = '/run/launcher/sockets';
/** File name of the launcher's gRPC socket in the sockets directory. */
export const LAUNCHER_SOCKET_NAME = 'launcher.sock';
/** The launcher's gRPC socket, inside the pod. */
export const LAUNCHER_SOCKET = `${SOCKETS_DIRECTORY}/${LAUNCHER_SOCKET_NAME}`;
/** Overlays, empty disks and seed ISOs; on the node's disk. */
export const DISKS_DIRECTORY = '/run/launcher/disks';
/** What the guest prints on its serial port; a small volume of its own, because the guest decides how much it is. */
export const CONSOLE_DIRECTORY = '/run/launcher/console';
/** The log of the first serial port. */
export const SERIAL_LOG = `${CONSOLE_DIRECTORY}/serial0.log`;
/** Sockets of virtiofsd containers. */
export const VIRTIOFS_DIRECTORY = '/run/launcher/virtiofs';
/** Files that hot-plug puts into the running pod. */
export const HOTPLUG_DIRECTORY = '/run/launcher/hotplug';
/** State that outlives the pod: TPM and UEFI variables. */
export const STATE_DIRECTORY = '/run/launcher/state';
/** containerDisk images and file system PVCs, a directory each. */
export const VOLUMES_DIRECTORY = '/volumes';
/** Secrets of cloud-init and access credentials, a directory each. */
export const SECRETS_DIRECTORY = '/secrets';
/** Image with the guest's kernel and initrd. */
export const KERNEL_BOOT_DIRECTORY = '/kernel-boot';
/** Where a volume of configMap, secret, downwardAPI, sysprep or serviceAccount is mounted. */
export const CONFIG_DIRECTORY = '/config';

/** Directory of a containerDisk's image or a file system PVC. */
export const volumePath = (volume: string): string => `${VOLUMES_DIRECTORY}/${volume}`;
/** Device node of a block PVC. */
export const devicePath = (volume: string): string => `/dev/${volume}`;
/** Directory of the Secret with a cloud-init volume's user data. */
export const secretPath = (volume: string): string => `${SECRETS_DIRECTORY}/${volume}`;
/** Directory of the Secret with a cloud-init volume's network data. */
export const networkDataSecretPath = (volume: string): string => `${SECRETS_DIRECTORY}/${volume}-network`;
/** Directory of a Secret with access credentials. */
export const accessCredentialPath = (secret: string): string => `${SECRETS_DIRECTORY}/credentials/${secret}`;
/** Directory with the files of a configuration volume. */
export const configPath = (volume: string): string => `${CONFIG_DIRECTORY}/${volume}`;

/** The launcher's socket as the node sees it, below kubelet's directory for the pod. */
export const launcherSocketOnHost = (podUid: string, kubeletDirectory = '/var/lib/kubelet'): string =>
  `${kubeletDirectory}/pods/${podUid}/volumes/kubernetes.io~empty-dir/sockets/${LAUNCHER_SOCKET_NAME}`;

/** User and group of the launcher: existing containerDisks are readable for it (mode 0440, 107:107). */
export const LAUNCHER_UID = 107;
