/** The one place from which the adapter takes the SDK. */
export { GatewayError, connect, hash } from '@hyperledger/fabric-gateway';
export type { Contract, ErrorDetail, SubmittedTransaction, Transaction } from '@hyperledger/fabric-gateway';
