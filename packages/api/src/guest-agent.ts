import type { ListMeta } from './meta.ts';
import type { Int32 } from './scalars.ts';
import type { VirtualMachineInstanceGuestOSInfo } from './vmi-status.ts';

/** A file system of a guest. */
export interface VirtualMachineInstanceFileSystem {
  /** Disks that it lies on. */
  disk?: VirtualMachineInstanceFileSystemDisk[];
  /** Name of the block device in the guest. */
  diskName: string;
  /** Type, for example `ext4`. */
  fileSystemType: string;
  /** Where it is mounted. */
  mountPoint: string;
  /** Size in bytes. */
  totalBytes: Int32;
  /** Bytes in use. */
  usedBytes: Int32;
}

/** A disk that a file system lies on. */
export interface VirtualMachineInstanceFileSystemDisk {
  /** Bus of the disk. */
  busType: string;
  /** Serial number of the disk. */
  serial?: string;
}

/** File systems of a guest. */
export interface VirtualMachineInstanceFileSystemInfo {
  /** The file systems. */
  disks: VirtualMachineInstanceFileSystem[];
}

/** File systems of a guest. */
export interface VirtualMachineInstanceFileSystemList {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** The file systems. */
  items: VirtualMachineInstanceFileSystem[];
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata?: ListMeta;
}

/** What the guest agent tells of a guest. */
export interface VirtualMachineInstanceGuestAgentInfo {
  /** Version of the API that this object is written in. */
  apiVersion?: string;
  /** `frozen` while the file systems are frozen. */
  fsFreezeStatus?: string;
  /** File systems of the guest. */
  fsInfo?: VirtualMachineInstanceFileSystemInfo;
  /** Version of the guest agent. */
  guestAgentVersion?: string;
  /** Host name of the guest. */
  hostname?: string;
  /** Kind of this object. */
  kind?: string;
  /** The operating system. */
  os?: VirtualMachineInstanceGuestOSInfo;
  /** Commands of the guest agent. */
  supportedCommands?: GuestAgentCommandInfo[];
  /** Time zone of the guest. */
  timezone?: string;
  /** Users that are logged in. */
  userList?: VirtualMachineInstanceGuestOSUser[];
}

/** A user that is logged in. */
export interface VirtualMachineInstanceGuestOSUser {
  /** Domain of the user, with Windows. */
  domain?: string;
  /** When the user logged in, in seconds since 1970. */
  loginTime?: number;
  /** Name of the user. */
  userName: string;
}

/** Users that are logged in. */
export interface VirtualMachineInstanceGuestOSUserList {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** The users. */
  items: VirtualMachineInstanceGuestOSUser[];
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata?: ListMeta;
}

/** A command of the guest agent. */
export interface GuestAgentCommandInfo {
  /** Whether it may be used. */
  enabled?: boolean;
  /** Name of the command. */
  name: string;
}
