export interface PermittedHostDevices {
  /** @listType atomic */
  mediatedDevices?: MediatedHostDevice[];
  /** @listType atomic */
  pciHostDevices?: PciHostDevice[];
  /** @listType atomic */
  usb?: USBHostDevice[];
}

export interface PciHostDevice {
  externalResourceProvider?: boolean;
  pciVendorSelector: string;
  resourceName: string;
}

export interface MediatedHostDevice {
  externalResourceProvider?: boolean;
  mdevNameSelector: string;
  resourceName: string;
}

export interface USBHostDevice {
  externalResourceProvider?: boolean;
  resourceName: string;
  /** @listType atomic */
  selectors?: USBSelector[];
}

export interface USBSelector {
  product: string;
  vendor: string;
}

export interface MediatedDevicesConfiguration {
  enabled?: boolean;
  /** @listType atomic */
  mediatedDeviceTypes?: string[];
  /** @listType atomic */
  mediatedDevicesTypes?: string[];
  /** @listType atomic */
  nodeMediatedDeviceTypes?: NodeMediatedDeviceTypesConfig[];
}

export interface NodeMediatedDeviceTypesConfig {
  /** @listType atomic */
  mediatedDeviceTypes?: string[];
  /** @listType atomic */
  mediatedDevicesTypes?: string[];
  nodeSelector: Record<string, string>;
}
