import type { Disk, DiskBus } from '@quickvirt/api';
import type { Context } from '../context.ts';

/** The bus of a disk, cdrom or lun; the architecture's default when the VMI names none. */
export function busOf(context: Context, disk: Disk): DiskBus {
  return disk.disk?.bus ?? disk.lun?.bus ?? disk.cdrom?.bus ?? (disk.cdrom ? 'sata' : context.architecture.diskBus);
}
