/** What the numbers mean that devices and networks give as the reason of a failure, or as what became of an SMS. */

export interface Delivery {
  readonly state: 'delivered' | 'delivery-pending' | 'undelivered';
  readonly meaning: string;
}

/**
 * Meaning of an `errorstatus:$n`: the numbers of `+CMS ERROR` (3GPP 27.005 §3.2.5). Undefined for numbers that the
 * standards leave open.
 */
export function smsErrorMeaning(errorstatus: number): string | undefined {
  const listed = SMS_ERRORS.get(errorstatus);
  if (listed !== undefined || !Number.isInteger(errorstatus)) return listed;
  if (errorstatus >= 224 && errorstatus <= 254) return 'error of an application';
  return errorstatus >= 512 ? 'error of the modem, in the numbering of its maker' : undefined;
}

/**
 * True of an `errorstatus` that says that the number does not exist: no line can send to it, and the next attempt fails as well.
 * Other causes are not sure enough: many devices report 1 or 38 whatever went wrong.
 */
export const isUnknownNumber = (errorstatus: number | null): boolean =>
  errorstatus !== null && UNKNOWN_NUMBER.has(errorstatus);

/** Unidentified subscriber, unknown subscriber, invalid destination address. */
const UNKNOWN_NUMBER: ReadonlySet<number> = new Set([28, 30, 195]);

/** What the TP-Status of a delivery report says (3GPP 23.040 §9.2.3.15; which are final: protocol §5). Takes any number. */
export function deliveryOf(tpStatus: number): Delivery {
  if (!Number.isInteger(tpStatus) || tpStatus < 0 || tpStatus > 255) {
    return { state: 'undelivered', meaning: `unknown status ${tpStatus}` };
  }
  const meaning = TP_STATUS.get(tpStatus) ?? openStatus(tpStatus);
  if (tpStatus === 0) return { state: 'delivered', meaning };
  const isPending = tpStatus >= 32 && tpStatus < 64;
  if (isPending) return { state: 'delivery-pending', meaning: `${meaning}; the network keeps trying` };
  const isGivenUp = tpStatus >= 96 && tpStatus < 128;
  return { state: 'undelivered', meaning: isGivenUp ? `${meaning}; the network has given up` : meaning };
}

/** In each class of 32, the upper half is for the operators. From 128 on all are reserved. */
function openStatus(tpStatus: number): string {
  return tpStatus < 128 && tpStatus % 32 >= 16 ? `status ${tpStatus} of the operator` : `reserved status ${tpStatus}`;
}

const SMS_ERRORS: ReadonlyMap<number, string> = new Map([
  // RP-cause, 3GPP 24.011 annex E-2; 17 and 22, which modems give too, from E-1.
  // 1 is also what GoIP devices give for whatever went wrong ("usually 1", protocol §4): that comes first.
  [1, 'no details given, or the number is not assigned'],
  [8, 'barred by the operator'],
  [10, 'SMS to this number barred'],
  [17, 'network failure'],
  [21, 'message transfer rejected'],
  [22, 'congestion'],
  [27, 'destination out of service'],
  [28, 'unidentified subscriber'],
  [29, 'facility rejected by the network'],
  [30, 'unknown subscriber'],
  [38, 'network out of order'],
  [41, 'temporary failure'],
  [42, 'congestion'],
  [47, 'resources unavailable'],
  [50, 'facility not subscribed'],
  [69, 'facility not implemented'],
  [81, 'invalid message reference'],
  [95, 'invalid message'],
  [96, 'invalid mandatory information'],
  [97, 'message type not implemented'],
  [98, 'message not compatible with the protocol state'],
  [99, 'information element not implemented'],
  [111, 'protocol error'],
  [127, 'interworking error'],
  // TP-FCS, 3GPP 23.040 §9.2.3.22.
  [128, 'telematic interworking not supported'],
  [129, 'short message type 0 not supported'],
  [130, 'short message cannot be replaced'],
  [143, 'protocol identifier error (TP-PID)'],
  [144, 'alphabet not supported'],
  [145, 'message class not supported'],
  [159, 'data coding error (TP-DCS)'],
  [160, 'command cannot be carried out'],
  [161, 'command not supported'],
  [175, 'command error (TP-Command)'],
  [176, 'kind of message not supported (TPDU)'],
  [192, 'message centre busy'],
  [193, 'not subscribed to the message centre'],
  [194, 'message centre failure'],
  [195, 'invalid destination address'],
  [196, 'destination barred'],
  [197, 'rejected as a duplicate'],
  [198, 'format of validity period not supported'],
  [199, 'validity period not supported'],
  [208, 'SMS storage of the SIM full'],
  [209, 'no SMS storage in the SIM'],
  [210, 'error in the mobile station'],
  [211, 'memory full'],
  [212, 'SIM application toolkit busy'],
  [213, 'SIM data download error'],
  [255, 'unspecified error'],
  // 3GPP 27.005 §3.2.5.
  [300, 'modem failure'],
  [301, 'SMS service of the modem reserved'],
  [302, 'operation not allowed'],
  [303, 'operation not supported'],
  [304, 'invalid PDU mode parameter'],
  [305, 'invalid text mode parameter'],
  [310, 'no SIM inserted'],
  [311, 'SIM PIN required'],
  [312, 'phone-to-SIM PIN required'],
  [313, 'SIM failure'],
  [314, 'SIM busy'],
  [315, 'wrong SIM'],
  [316, 'SIM PUK required'],
  [317, 'SIM PIN2 required'],
  [318, 'SIM PUK2 required'],
  [320, 'memory failure'],
  [321, 'invalid memory index'],
  [322, 'memory full'],
  [330, 'address of the message centre unknown'],
  [331, 'no network service'],
  [332, 'network timeout'],
  [340, 'no acknowledgement expected (+CNMA)'],
  [500, 'unknown error'],
]);

/** 3GPP 23.040 §9.2.3.15. */
const TP_STATUS: ReadonlyMap<number, string> = new Map([
  [0, 'received by the recipient'],
  [1, 'forwarded to the recipient, delivery cannot be confirmed'],
  [2, 'replaced by another message'],
  // Temporary; still trying.
  [32, 'congestion'],
  [33, 'recipient busy'],
  [34, 'no answer from the recipient'],
  [35, 'service rejected'],
  [36, 'quality of service not available'],
  [37, 'error in the device of the recipient'],
  // Permanent.
  [64, 'remote procedure error'],
  [65, 'incompatible destination'],
  [66, 'connection rejected by the recipient'],
  [67, 'not obtainable'],
  [68, 'quality of service not available'],
  [69, 'no interworking available'],
  [70, 'validity period expired'],
  [71, 'deleted by the sender'],
  [72, 'deleted by the operator'],
  [73, 'the message does not exist'],
  // Temporary; given up.
  [96, 'congestion'],
  [97, 'recipient busy'],
  [98, 'no answer from the recipient'],
  [99, 'service rejected'],
  [100, 'quality of service not available'],
  [101, 'error in the device of the recipient'],
]);
