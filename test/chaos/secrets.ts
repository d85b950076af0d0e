export const ARMOX_SECRET = 'armox chaos secret';
export const ARMALO_SECRET = 'whsec_chaos';
