//! ListTransactions (API key 66).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ListTransactionsRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListTransactionsRequest {
    /// Field `state_filters`, all versions.
    pub state_filters: Vec<KString>,
    /// Field `producer_id_filters`, all versions.
    pub producer_id_filters: Vec<i64>,
    /// Field `duration_filter`, versions 1-2.
    pub duration_filter: i64,
    /// Field `transactional_id_pattern`, versions 2, nullable.
    pub transactional_id_pattern: Option<KString>,
}

impl Default for ListTransactionsRequest {
    fn default() -> Self {
        Self { state_filters: Vec::new(), producer_id_filters: Vec::new(), duration_filter: -1, transactional_id_pattern: None }
    }
}

impl Message for ListTransactionsRequest {
    const NAME: &'static str = "ListTransactionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let state_filters = reader.array(true, 1, |reader| reader.string(true))?;
        let producer_id_filters = reader.array(true, 8, Reader::i64)?;
        let duration_filter = if version >= 1 { reader.i64()? } else { -1 };
        let transactional_id_pattern = if version == 2 { reader.nullable_string(true)? } else { None };
        reader.skip_tags(true)?;
        Ok(Self { state_filters, producer_id_filters, duration_filter, transactional_id_pattern })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.state_filters, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.producer_id_filters, true, |writer, item| {
            writer.i64(*item);
            Ok(())
        })?;
        if version >= 1 {
            writer.i64(self.duration_filter);
        } else if self.duration_filter != -1 {
            return Err(WireError::NotInVersion { field: "ListTransactionsRequest.duration_filter", version });
        }
        if version == 2 {
            writer.nullable_string(self.transactional_id_pattern.as_ref(), true)?;
        } else if self.transactional_id_pattern.is_some() {
            return Err(WireError::NotInVersion { field: "ListTransactionsRequest.transactional_id_pattern", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ListTransactionsRequest {
    type Response = ListTransactionsResponse;
    const KEY: i16 = 66;
}

/// ListTransactionsResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListTransactionsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `unknown_state_filters`, all versions.
    pub unknown_state_filters: Vec<KString>,
    /// Field `transaction_states`, all versions.
    pub transaction_states: Vec<TransactionState>,
}

impl Message for ListTransactionsResponse {
    const NAME: &'static str = "ListTransactionsResponse";
    const API_KEY: Option<i16> = Some(<ListTransactionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let unknown_state_filters = reader.array(true, 1, |reader| reader.string(true))?;
        let transaction_states = reader.array(true, 11, |reader| TransactionState::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, unknown_state_filters, transaction_states })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.array(&self.unknown_state_filters, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.transaction_states, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ListTransactionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionState {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `transaction_state`, all versions.
    pub transaction_state: KString,
}

impl TransactionState {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let transactional_id = reader.string(true)?;
        let producer_id = reader.i64()?;
        let transaction_state = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { transactional_id, producer_id, transaction_state })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.transactional_id, true)?;
        writer.i64(self.producer_id);
        writer.string(&self.transaction_state, true)?;
        writer.no_tags(true);
        Ok(())
    }
}
