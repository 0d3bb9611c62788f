// fabric-contract-api logs every decorator at level info as it loads: import this before the contracts.
process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'error';

export {};
