import type { ListMeta } from './meta.ts';
import type { Int32 } from './scalars.ts';
import type { VirtualMachineInstanceGuestOSInfo } from './vmi-status.ts';

export interface VirtualMachineInstanceFileSystem {
  disk?: VirtualMachineInstanceFileSystemDisk[];
  diskName: string;
  fileSystemType: string;
  mountPoint: string;
  totalBytes: Int32;
  usedBytes: Int32;
}

export interface VirtualMachineInstanceFileSystemDisk {
  busType: string;
  serial?: string;
}

export interface VirtualMachineInstanceFileSystemInfo {
  disks: VirtualMachineInstanceFileSystem[];
}

export interface VirtualMachineInstanceFileSystemList {
  apiVersion?: string;
  items: VirtualMachineInstanceFileSystem[];
  kind?: string;
  metadata?: ListMeta;
}

export interface VirtualMachineInstanceGuestAgentInfo {
  apiVersion?: string;
  fsFreezeStatus?: string;
  fsInfo?: VirtualMachineInstanceFileSystemInfo;
  guestAgentVersion?: string;
  hostname?: string;
  kind?: string;
  os?: VirtualMachineInstanceGuestOSInfo;
  supportedCommands?: GuestAgentCommandInfo[];
  timezone?: string;
  userList?: VirtualMachineInstanceGuestOSUser[];
}

export interface VirtualMachineInstanceGuestOSUser {
  domain?: string;
  loginTime?: number;
  userName: string;
}

export interface VirtualMachineInstanceGuestOSUserList {
  apiVersion?: string;
  items: VirtualMachineInstanceGuestOSUser[];
  kind?: string;
  metadata?: ListMeta;
}

export interface GuestAgentCommandInfo {
  enabled?: boolean;
  name: string;
}
