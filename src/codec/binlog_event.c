/* The frame of every event: header, checksum, format description. */
#include "codec/binlog_event.h"

#include <libdeflate.h>
#include <string.h>

#include "base/i18n.h"

#define CRC_SIZE 4

static const struct {
	const char *name;
	uint8_t kind;
} types[256] = {
	[RS_EV_QUERY] = {"QUERY", RS_EVK_QUERY},
	[RS_EV_STOP] = {"STOP", RS_EVK_SKIP},
	[RS_EV_ROTATE] = {"ROTATE", RS_EVK_ROTATE},
	[RS_EV_INTVAR] = {"INTVAR", RS_EVK_STATEMENT},
	[RS_EV_LOAD] = {"LOAD", RS_EVK_STATEMENT},
	[RS_EV_CREATE_FILE] = {"CREATE_FILE", RS_EVK_STATEMENT},
	[RS_EV_APPEND_BLOCK] = {"APPEND_BLOCK", RS_EVK_STATEMENT},
	[RS_EV_EXEC_LOAD] = {"EXEC_LOAD", RS_EVK_STATEMENT},
	[RS_EV_DELETE_FILE] = {"DELETE_FILE", RS_EVK_STATEMENT},
	[RS_EV_NEW_LOAD] = {"NEW_LOAD", RS_EVK_STATEMENT},
	[RS_EV_RAND] = {"RAND", RS_EVK_STATEMENT},
	[RS_EV_USER_VAR] = {"USER_VAR", RS_EVK_STATEMENT},
	[RS_EV_FORMAT_DESCRIPTION] = {"FORMAT_DESCRIPTION", RS_EVK_FORMAT},
	[RS_EV_XID] = {"XID", RS_EVK_XID},
	[RS_EV_BEGIN_LOAD_QUERY] = {"BEGIN_LOAD_QUERY", RS_EVK_STATEMENT},
	[RS_EV_EXECUTE_LOAD_QUERY] = {"EXECUTE_LOAD_QUERY", RS_EVK_STATEMENT},
	[RS_EV_TABLE_MAP] = {"TABLE_MAP", RS_EVK_TABLE_MAP},
	[RS_EV_WRITE_ROWS_V1] = {"WRITE_ROWS_V1", RS_EVK_ROWS},
	[RS_EV_UPDATE_ROWS_V1] = {"UPDATE_ROWS_V1", RS_EVK_ROWS},
	[RS_EV_DELETE_ROWS_V1] = {"DELETE_ROWS_V1", RS_EVK_ROWS},
	[RS_EV_INCIDENT] = {"INCIDENT", RS_EVK_INCIDENT},
	[RS_EV_HEARTBEAT] = {"HEARTBEAT", RS_EVK_HEARTBEAT},
	[RS_EV_IGNORABLE] = {"IGNORABLE", RS_EVK_SKIP},
	[RS_EV_ROWS_QUERY] = {"ROWS_QUERY", RS_EVK_SKIP},
	[RS_EV_WRITE_ROWS] = {"WRITE_ROWS", RS_EVK_ROWS},
	[RS_EV_UPDATE_ROWS] = {"UPDATE_ROWS", RS_EVK_ROWS},
	[RS_EV_DELETE_ROWS] = {"DELETE_ROWS", RS_EVK_ROWS},
	[RS_EV_GTID] = {"GTID", RS_EVK_GTID},
	[RS_EV_ANONYMOUS_GTID] = {"ANONYMOUS_GTID", RS_EVK_GTID},
	[RS_EV_PREVIOUS_GTIDS] = {"PREVIOUS_GTIDS", RS_EVK_PREVIOUS_GTIDS},
	[RS_EV_TRANSACTION_CONTEXT] = {"TRANSACTION_CONTEXT", RS_EVK_SKIP},
	[RS_EV_VIEW_CHANGE] = {"VIEW_CHANGE", RS_EVK_SKIP},
	[RS_EV_XA_PREPARE] = {"XA_PREPARE", RS_EVK_XA_PREPARE},
	[RS_EV_PARTIAL_UPDATE_ROWS] = {"PARTIAL_UPDATE_ROWS", RS_EVK_ROWS},
	[RS_EV_TRANSACTION_PAYLOAD] = {"TRANSACTION_PAYLOAD", RS_EVK_PAYLOAD},
	[RS_EV_HEARTBEAT_V2] = {"HEARTBEAT_V2", RS_EVK_HEARTBEAT},
	[RS_EV_GTID_TAGGED] = {"GTID_TAGGED", RS_EVK_GTID},
	[RS_EV_ANNOTATE_ROWS] = {"ANNOTATE_ROWS", RS_EVK_SKIP},
	[RS_EV_BINLOG_CHECKPOINT] = {"BINLOG_CHECKPOINT", RS_EVK_SKIP},
	[RS_EV_DOMAIN_GTID] = {"GTID (MariaDB)", RS_EVK_DOMAIN_GTID},
	[RS_EV_DOMAIN_GTID_LIST] = {"GTID_LIST", RS_EVK_GTID_LIST},
	[RS_EV_START_ENCRYPTION] = {"START_ENCRYPTION", RS_EVK_SKIP},
	[RS_EV_QUERY_COMPRESSED] = {"QUERY_COMPRESSED", RS_EVK_QUERY},
	[RS_EV_WRITE_ROWS_COMPRESSED_V1] = {"WRITE_ROWS_COMPRESSED_V1", RS_EVK_ROWS},
	[RS_EV_UPDATE_ROWS_COMPRESSED_V1] = {"UPDATE_ROWS_COMPRESSED_V1", RS_EVK_ROWS},
	[RS_EV_DELETE_ROWS_COMPRESSED_V1] = {"DELETE_ROWS_COMPRESSED_V1", RS_EVK_ROWS},
	[RS_EV_WRITE_ROWS_COMPRESSED] = {"WRITE_ROWS_COMPRESSED", RS_EVK_ROWS},
	[RS_EV_UPDATE_ROWS_COMPRESSED] = {"UPDATE_ROWS_COMPRESSED", RS_EVK_ROWS},
	[RS_EV_DELETE_ROWS_COMPRESSED] = {"DELETE_ROWS_COMPRESSED", RS_EVK_ROWS},
	[RS_EV_PARTIAL_ROW_DATA] = {"PARTIAL_ROW_DATA", RS_EVK_FRAGMENT},
};

const char *rs_event_type_name(uint8_t type)
{
	return types[type].name;
}

enum rs_rc rs_event_malformed(const struct rs_event *ev, size_t offset, const char *what, struct rs_err *err)
{
	const char *name = rs_event_type_name(ev->type);

	if (name)
		rs_err_set(err, RS_E_EVENT_MALFORMED, _("malformed %s event of the source's log: %s"), name, what);
	else
		rs_err_set(err, RS_E_EVENT_MALFORMED, _("malformed event of type %u of the source's log: %s"), ev->type, what);
	return rs_err_detail(err, _("at byte %zu of %u; the event ends at position %u"), offset, ev->length, ev->next_pos);
}

void rs_binlog_format_init(struct rs_binlog_format *f)
{
	memset(f, 0, sizeof *f);
	f->checksum = RS_CHECKSUM_UNKNOWN;
}

static uint32_t read_crc(const uint8_t *bytes, size_t len)
{
	return (uint32_t)rs_le(bytes + len - CRC_SIZE, CRC_SIZE);
}

static bool crc_is_right(const uint8_t *bytes, size_t len)
{
	return len >= RS_EVENT_HEADER + CRC_SIZE && libdeflate_crc32(0, bytes, len - CRC_SIZE) == read_crc(bytes, len);
}

/* The server sets the flag IN_USE in the file without touching the checksum, which holds for the flag cleared. */
static bool fde_crc_is_right(const uint8_t *bytes, size_t len)
{
	uint8_t header[RS_EVENT_HEADER];
	uint32_t crc;

	memcpy(header, bytes, sizeof header);
	header[17] = (uint8_t)(header[17] & ~RS_EVF_IN_USE);
	crc = libdeflate_crc32(0, header, sizeof header);
	return libdeflate_crc32(crc, bytes + sizeof header, len - sizeof header - CRC_SIZE) == read_crc(bytes, len);
}

/* "8.0.36-log", "5.5.5-10.1.2-MariaDB": the number that counts. */
static uint32_t parse_version(const char *text, bool mariadb)
{
	uint32_t part[3] = {0, 0, 0};

	if (mariadb && strncmp(text, "5.5.5-", 6) == 0)
		text += 6;
	for (int i = 0; i < 3; i++) {
		for (; *text >= '0' && *text <= '9' && part[i] < 1000; text++)
			part[i] = part[i] * 10 + (uint32_t)(*text - '0');
		if (*text != '.')
			break;
		text++;
	}
	return part[0] * 10000 + part[1] * 100 + part[2];
}

/* Servers that know checksums end the event with the algorithm and a checksum, whatever the algorithm is. */
static bool knows_checksums(const struct rs_binlog_format *f)
{
	return f->version >= (f->mariadb ? 50300 : 50601);
}

static enum rs_rc read_format(struct rs_binlog_format *f, const uint8_t *bytes, struct rs_event *ev, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);
	struct rs_binlog_format made;
	uint16_t binlog_version = rs_reader_u16(&r);
	struct rs_slice version = rs_reader_slice(&r, 50), lengths;
	uint8_t header_len;

	rs_binlog_format_init(&made);
	made.created = rs_reader_u32(&r);
	header_len = rs_reader_u8(&r);
	if (r.bad)
		return rs_event_malformed(ev, ev->length, _("it is too short"), err);
	if (binlog_version != 4 || header_len != RS_EVENT_HEADER)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the source's log has version %u, not 4"), binlog_version);
	memcpy(made.server_version, version.bytes, version.len);
	made.mariadb = strstr(made.server_version, "MariaDB") != NULL;
	made.version = parse_version(made.server_version, made.mariadb);
	made.checksum = RS_CHECKSUM_NONE;
	if (knows_checksums(&made)) {
		if (rs_reader_left(&r) < 1 + CRC_SIZE)
			return rs_event_malformed(ev, ev->length, _("its checksum is missing"), err);
		made.checksum = ev->body[ev->body_len - CRC_SIZE - 1];
		if (made.checksum > RS_CHECKSUM_CRC32)
			return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the source's log has checksums of kind %u"), made.checksum);
		if (made.checksum == RS_CHECKSUM_CRC32 && !fde_crc_is_right(bytes, ev->length))
			return rs_err_set(err, RS_E_EVENT_CHECKSUM, _("the checksum of a FORMAT_DESCRIPTION event is wrong"));
		ev->body_len -= CRC_SIZE;
		r.end -= CRC_SIZE + 1;
	}
	lengths = rs_reader_rest(&r);
	made.n_types = (uint8_t)(lengths.len < 255 ? lengths.len : 255);
	memcpy(made.post_header + 1, lengths.bytes, made.n_types);
	made.known = true;
	*f = made;
	return RS_OK;
}

/* Header, length and kind; the body still has its checksum. */
static enum rs_rc read_header(const void *bytes, size_t len, struct rs_event *ev, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(bytes, len);

	memset(ev, 0, sizeof *ev);
	ev->timestamp = rs_reader_u32(&r);
	ev->type = rs_reader_u8(&r);
	ev->server_id = rs_reader_u32(&r);
	ev->length = rs_reader_u32(&r);
	ev->next_pos = rs_reader_u32(&r);
	ev->flags = rs_reader_u16(&r);
	if (r.bad || ev->length != len) {
		ev->length = (uint32_t)len;
		return rs_event_malformed(ev, 0, _("its length is wrong"), err);
	}
	ev->body = r.p;
	ev->body_len = rs_reader_left(&r);
	ev->kind = types[ev->type].kind;
	if (types[ev->type].name)
		return RS_OK;
	ev->kind = RS_EVK_SKIP;
	if (ev->flags & RS_EVF_IGNORABLE)
		return RS_OK;
	rs_err_set(err, RS_E_EVENT_UNKNOWN, _("the source's log has an event of unknown type %u"), ev->type);
	rs_err_detail(err, _("%u bytes; it ends at position %u"), ev->length, ev->next_pos);
	return rs_err_hint(err, _("A newer version of this program may know it"));
}

/* Before the first FORMAT_DESCRIPTION the server sends only events that it makes up, with a checksum if the client has
 * said that it knows them: what is not a valid checksum is none. */
static bool has_checksum(const struct rs_binlog_format *f, const void *bytes, size_t len)
{
	return f->known ? f->checksum == RS_CHECKSUM_CRC32 : crc_is_right(bytes, len);
}

enum rs_rc rs_event_parse(struct rs_binlog_format *f, const void *bytes, size_t len, struct rs_event *ev,
                          struct rs_err *err)
{
	if (read_header(bytes, len, ev, err) != RS_OK)
		return RS_FAIL;
	if (ev->kind == RS_EVK_FORMAT)
		return read_format(f, bytes, ev, err);
	if (!f->known && ev->kind != RS_EVK_ROTATE && ev->kind != RS_EVK_HEARTBEAT)
		return rs_event_malformed(ev, 0, _("it comes before the description of the log's format"), err);
	if (!has_checksum(f, bytes, len))
		return RS_OK;
	if (!crc_is_right(bytes, len)) {
		const char *name = rs_event_type_name(ev->type);

		rs_err_set(err, RS_E_EVENT_CHECKSUM, _("the checksum of an event of the source's log is wrong"));
		return rs_err_detail(err, _("event %s, %u bytes; it ends at position %u"), name ? name : "?", ev->length,
		                     ev->next_pos);
	}
	ev->body_len -= CRC_SIZE;
	return RS_OK;
}

enum rs_rc rs_event_parse_inner(const struct rs_binlog_format *f, const void *bytes, size_t len, struct rs_event *ev,
                                struct rs_err *err)
{
	(void)f;
	if (read_header(bytes, len, ev, err) != RS_OK)
		return RS_FAIL;
	if (ev->kind == RS_EVK_FORMAT || ev->kind == RS_EVK_PAYLOAD)
		return rs_event_malformed(ev, 0, _("it is inside of another event"), err);
	return RS_OK;
}

uint64_t rs_binlog_offset(uint64_t near, uint32_t low)
{
	const uint64_t turn = (uint64_t)1 << 32;
	uint64_t at = (near & ~(turn - 1)) | low;

	if (at > near && at - near > turn / 2 && at >= turn)
		return at - turn;
	return near > at && near - at > turn / 2 ? at + turn : at;
}
