"""The first tables: networks, evidence, outages, crews, change log, accounts, and the job queue.

Written by `python -m api.migrations.first_step` from the models; not by hand.
"""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from procrastinate.schema import SchemaManager
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for extension in ("postgis", "btree_gist"):
        # Looked for first: a role that may not make extensions may use those that are there.
        found = sa.text("SELECT 1 FROM pg_extension WHERE extname = :name").bindparams(name=extension)
        if op.get_bind().scalar(found) is None:
            op.execute(f"CREATE EXTENSION {extension}")
    op.execute(sa.schema.CreateSequence(sa.Sequence('change_position')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('conflict_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('damage_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('guest_crew_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('material_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('hazard_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('incident_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('job_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('outage_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('plan_order_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('planned_outage_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('road_closure_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('switching_number')))
    op.execute(sa.schema.CreateSequence(sa.Sequence('tag_number')))
    op.create_table('autopilot',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_autopilot_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_autopilot'))
    )
    op.create_table('change_log',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('client_event_id', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_change_log')),
    sa.UniqueConstraint('client_event_id', name=op.f('uq_change_log_client_event_id'))
    )
    op.create_index('ix_change_log_outage_id', 'change_log', ['outage_id', 'position'], unique=False)
    op.create_index('ix_change_log_recorded_at', 'change_log', ['recorded_at', 'position'], unique=False)
    op.create_index('ix_change_log_subject', 'change_log', ['subject', 'position'], unique=False)
    op.create_table('clock',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('origin_real', sa.DateTime(timezone=True), nullable=False),
    sa.Column('origin_simulated', sa.DateTime(timezone=True), nullable=False),
    sa.Column('speed', sa.Double(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_clock_only_one')),
    sa.CheckConstraint('speed > 0', name=op.f('ck_clock_forward')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock'))
    )
    op.create_table('conflict',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('found_by', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cleared_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("found_by IN ('inference', 'intake')", name=op.f('ck_conflict_found_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict'))
    )
    op.create_index('uq_conflict_one_open', 'conflict', ['found_by', 'code', 'subject'], unique=True, postgresql_where=sa.text('cleared_at IS NULL'))
    op.create_table('crew',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('skills', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('vehicle_kind', sa.Text(), nullable=False),
    sa.Column('vehicle_id', sa.Text(), nullable=True),
    sa.Column('depot_name', sa.Text(), nullable=True),
    sa.Column('depot_lon', sa.Double(), nullable=True),
    sa.Column('depot_lat', sa.Double(), nullable=True),
    sa.Column('location', Geometry('POINT', srid=4326, spatial_index=False), nullable=False),
    sa.Column('position_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('position_source', sa.Text(), nullable=False),
    sa.Column('off_duty_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('off_duty_because', sa.Text(), nullable=True),
    sa.CheckConstraint('(off_duty_since IS NULL) = (off_duty_because IS NULL)', name=op.f('ck_crew_off_duty')),
    sa.CheckConstraint("off_duty_because IN ('stood_down', 'people_missing', 'vehicle_defect', 'training', 'other')", name=op.f('ck_crew_off_duty_because')),
    sa.CheckConstraint("position_source IN ('roster', 'phone', 'vehicle', 'desk')", name=op.f('ck_crew_position_source')),
    sa.CheckConstraint("vehicle_kind IN ('bucket_truck', 'truck', 'cable_van', 'generator')", name=op.f('ck_crew_vehicle_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crew')),
    sa.UniqueConstraint('vehicle_id', name=op.f('uq_crew_vehicle_id'))
    )
    op.create_index('idx_crew_location', 'crew', ['location'], unique=False, postgresql_using='gist')
    op.create_table('crew_member',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('is_lead', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_crew_member_crew_id_crew')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crew_member'))
    )
    op.create_index('ix_crew_member_crew_id', 'crew_member', ['crew_id'], unique=False)
    op.create_index('uq_crew_member_one_lead', 'crew_member', ['crew_id'], unique=True, postgresql_where=sa.text('is_lead'))
    op.create_table('crew_shift',
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    postgresql.ExcludeConstraint((sa.column('crew_id'), '='), (sa.text('tstzrange(starts_at, ends_at)'), '&&'), using='gist', name='ex_crew_shift_once_at_a_time'),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_crew_shift_forward')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_crew_shift_crew_id_crew')),
    sa.PrimaryKeyConstraint('crew_id', 'starts_at', name=op.f('pk_crew_shift'))
    )
    op.create_table('guest_crew',
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('company', sa.Text(), nullable=False),
    sa.Column('area', Geometry('GEOMETRY', srid=4326, spatial_index=False), nullable=False),
    sa.Column('feeders', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('admitted_by', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Text(), nullable=True),
    sa.CheckConstraint('ends_at > begins_at', name=op.f('ck_guest_crew_forward')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_guest_crew_crew_id_crew')),
    sa.PrimaryKeyConstraint('crew_id', name=op.f('pk_guest_crew'))
    )
    op.create_table('member_certificate',
    sa.Column('member_id', sa.Text(), nullable=False),
    sa.Column('skill', sa.Text(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.CheckConstraint("skill IN ('switching', 'line', 'cable', 'transformer', 'substation', 'low_voltage')", name=op.f('ck_member_certificate_skill')),
    sa.ForeignKeyConstraint(['member_id'], ['crew_member.id'], name=op.f('fk_member_certificate_member_id_crew_member'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('member_id', 'skill', name=op.f('pk_member_certificate'))
    )
    op.create_table('position_aside',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('location', Geometry('POINT', srid=4326, spatial_index=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('values', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.CheckConstraint("code IN ('far_from_network', 'off_road', 'too_fast')", name=op.f('ck_position_aside_code')),
    sa.CheckConstraint("source IN ('roster', 'phone', 'vehicle', 'desk')", name=op.f('ck_position_aside_source')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_position_aside_crew_id_crew')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_position_aside')),
    sa.UniqueConstraint('crew_id', name=op.f('uq_position_aside_crew_id'))
    )
    op.create_table('duty_rules',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('longest_duty_minutes', sa.Double(), nullable=False),
    sa.Column('shortest_rest_minutes', sa.Double(), nullable=False),
    sa.Column('longest_day_minutes', sa.Double(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_duty_rules_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_rules'))
    )
    op.create_table('customer',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('phone_digits', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('network_version', 'account', name=op.f('pk_customer')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_index('ix_customer_phone_backwards', 'customer', ['network_version', sa.literal_column('reverse(phone_digits)').label('backwards')], unique=False, postgresql_ops={'backwards': 'text_pattern_ops'})
    op.create_index('ix_customer_phone_digits', 'customer', ['network_version', 'phone_digits'], unique=False, postgresql_ops={'phone_digits': 'text_pattern_ops'})
    op.create_table('disconnection',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reconnected_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("reason IN ('arrears', 'requested', 'unsafe')", name=op.f('ck_disconnection_reason')),
    sa.CheckConstraint('reconnected_at IS NULL OR reconnected_at >= since', name=op.f('ck_disconnection_forward')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disconnection'))
    )
    op.create_index('ix_disconnection_service_point', 'disconnection', ['service_point', 'since'], unique=False)
    op.create_index('uq_disconnection_one_open', 'disconnection', ['service_point'], unique=True, postgresql_where=sa.text('reconnected_at IS NULL'))
    op.create_table('line_section',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('from_node', sa.Text(), nullable=False),
    sa.Column('to_node', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('length_m', sa.Double(), nullable=True),
    sa.Column('rated_a', sa.Double(), nullable=True),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('LINESTRING', srid=4326, spatial_index=False), nullable=True),
    sa.CheckConstraint("kind IN ('overhead', 'underground')", name=op.f('ck_line_section_kind')),
    sa.CheckConstraint("phases ~* '^[ABCN]+$' AND phases ~* '[ABC]'", name=op.f('ck_line_section_phases')),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_line_section')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_table('map_feature',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('layer', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('nominal_kv', sa.Double(), nullable=True),
    sa.Column('normally_open', sa.Boolean(), nullable=True),
    sa.Column('priority', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('GEOMETRY', srid=3857, spatial_index=False), nullable=False),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_index('ix_map_feature_geometry', 'map_feature', ['geometry'], unique=False, postgresql_using='gist')
    op.create_table('map_overview',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('zoom', sa.SmallInteger(), nullable=False),
    sa.Column('layer', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('nominal_kv', sa.Double(), nullable=True),
    sa.Column('service_points', sa.Integer(), nullable=True),
    sa.Column('customers', sa.BigInteger(), nullable=True),
    sa.Column('geometry', Geometry('GEOMETRY', srid=3857, spatial_index=False), nullable=False),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_index('ix_map_overview_geometry', 'map_overview', ['zoom', 'geometry'], unique=False, postgresql_using='gist')
    op.create_table('message_channel',
    sa.Column('name', sa.Text(), nullable=False),
    sa.CheckConstraint("name IN ('email', 'sms', 'wecom', 'webhook', 'web_push')", name=op.f('ck_message_channel_name')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_message_channel'))
    )
    op.create_table('message_preference',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('quiet_from', sa.SmallInteger(), nullable=True),
    sa.Column('quiet_until', sa.SmallInteger(), nullable=True),
    sa.Column('outages', sa.Boolean(), nullable=False),
    sa.Column('progress', sa.Boolean(), nullable=False),
    sa.Column('planned', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("language IN ('en', 'zh')", name=op.f('ck_message_preference_language')),
    sa.CheckConstraint('(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439', name=op.f('ck_message_preference_quiet')),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_message_preference'))
    )
    op.create_table('message_rules',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('quiet_from', sa.SmallInteger(), nullable=True),
    sa.Column('quiet_until', sa.SmallInteger(), nullable=True),
    sa.Column('public_url', sa.Text(), nullable=True),
    sa.Column('link_key', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439', name=op.f('ck_message_rules_quiet')),
    sa.CheckConstraint('id = 1', name=op.f('ck_message_rules_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_rules'))
    )
    op.create_table('message_subscription',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("address IS NOT NULL OR left_at IS NOT NULL OR channel IN ('email', 'sms')", name=op.f('ck_message_subscription_address')),
    sa.CheckConstraint("channel IN ('email', 'sms', 'wecom', 'webhook', 'web_push')", name=op.f('ck_message_subscription_channel')),
    sa.PrimaryKeyConstraint('account', 'channel', name=op.f('pk_message_subscription'))
    )
    op.create_table('address_confirmation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('was_refused', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('wrong_tries', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('email', 'sms', 'wecom', 'webhook', 'web_push')", name=op.f('ck_address_confirmation_channel')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_confirmation'))
    )
    op.create_index('ix_address_confirmation_account', 'address_confirmation', ['account', 'channel'], unique=False)
    op.create_index('ix_address_confirmation_address', 'address_confirmation', ['address'], unique=False)
    op.create_table('supply_calendar',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_supply_calendar')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_supply_calendar_token_digest'))
    )
    op.create_table('named_place',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('written', sa.Text(), nullable=False),
    sa.Column('pairs', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('customers', sa.BigInteger(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.CheckConstraint("kind IN ('street', 'district', 'substation', 'feeder', 'device')", name=op.f('ck_named_place_kind')),
    sa.PrimaryKeyConstraint('network_version', 'number', name=op.f('pk_named_place')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_index('ix_named_place_pairs', 'named_place', ['pairs'], unique=False, postgresql_using='gin')
    op.create_table('network_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('format', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'ready'"), nullable=False),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('activated_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint("status IN ('ready', 'active', 'retired')", name=op.f('ck_network_version_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network_version'))
    )
    op.create_index('uq_network_version_active', 'network_version', ['status'], unique=True, postgresql_where=sa.text("status = 'active'"))
    op.create_table('node',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('is_source', sa.Boolean(), nullable=False),
    sa.Column('substation', sa.Text(), nullable=True),
    sa.Column('nominal_kv', sa.Double(), nullable=True),
    sa.Column('geometry', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_node')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_table('one_time_link',
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('roles', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_one_time_link'))
    )
    op.create_table('incident',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("cause IN ('tree', 'wind', 'lightning', 'ice_or_snow', 'flood', 'animal', 'vehicle', 'dig_in', 'vandalism', 'equipment', 'overload', 'customer', 'other', 'unknown')", name=op.f('ck_incident_cause')),
    sa.CheckConstraint('closed_at IS NULL OR closed_at >= opened_at', name=op.f('ck_incident_forward')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident'))
    )
    op.create_table('outage',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('device_kind', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('candidates', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reasons', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('service_points_out', sa.Integer(), nullable=False),
    sa.Column('customers_out', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('predicted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('restored_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('etr_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('etr_source', sa.Text(), nullable=True),
    sa.Column('etr_earliest', sa.DateTime(timezone=True), nullable=True),
    sa.Column('etr_latest', sa.DateTime(timezone=True), nullable=True),
    sa.Column('etr_warn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('etr_lapsing_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cause', sa.Text(), nullable=True),
    sa.Column('dismissed_because', sa.Text(), nullable=True),
    sa.Column('merged_into', sa.Text(), nullable=True),
    sa.Column('split_from', sa.Text(), nullable=True),
    sa.Column('device_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('incident_id', sa.Text(), nullable=True),
    sa.Column('failed_equipment', sa.Text(), nullable=True),
    sa.Column('failed_device', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('location', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.CheckConstraint("(status = 'merged') = (merged_into IS NOT NULL)", name=op.f('ck_outage_merged')),
    sa.CheckConstraint("failed_equipment IN ('conductor', 'connector', 'insulator', 'pole', 'crossarm', 'cable', 'cable_joint', 'fuse', 'switch', 'breaker', 'arrester', 'transformer', 'protection', 'service_drop', 'meter', 'none', 'other', 'unknown')", name=op.f('ck_outage_failed_equipment')),
    sa.CheckConstraint("status IN ('predicted', 'confirmed', 'partially_restored', 'restored', 'closed', 'dismissed', 'merged')", name=op.f('ck_outage_status')),
    sa.CheckConstraint('probability > 0 AND probability <= 1', name=op.f('ck_outage_probability')),
    sa.CheckConstraint('restored_at IS NULL OR restored_at >= started_at', name=op.f('ck_outage_restored_after_start')),
    sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_outage_incident_id_incident')),
    sa.ForeignKeyConstraint(['merged_into'], ['outage.id'], name=op.f('fk_outage_merged_into_outage')),
    sa.ForeignKeyConstraint(['split_from'], ['outage.id'], name=op.f('fk_outage_split_from_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outage'))
    )
    op.create_index('ix_outage_incident_id', 'outage', ['incident_id'], unique=False, postgresql_where=sa.text('incident_id IS NOT NULL'))
    op.create_index('ix_outage_status', 'outage', ['status'], unique=False)
    op.create_table('call_back',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('spoken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.CheckConstraint("outcome IN ('supply_is_back', 'still_out', 'no_answer')", name=op.f('ck_call_back_outcome')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_call_back_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_back'))
    )
    op.create_index('ix_call_back_outage_id', 'call_back', ['outage_id', 'service_point'], unique=False)
    op.create_table('planned_outage',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('work', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('crew_id', sa.Text(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overridden_because', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overrun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(approved_at IS NULL) = (approved_by IS NULL)', name=op.f('ck_planned_outage_approved')),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= begun_at', name=op.f('ck_planned_outage_ended_after_begin')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_planned_outage_forward')),
    sa.CheckConstraint("status IN ('requested', 'studied', 'approved', 'published', 'notified', 'executing', 'ended', 'closed', 'withdrawn', 'cancelled')", name=op.f('ck_planned_outage_status')),
    sa.CheckConstraint("work IN ('planned', 'temporary')", name=op.f('ck_planned_outage_work')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_planned_outage_crew_id_crew')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_planned_outage'))
    )
    op.create_index('ix_planned_outage_ends_at', 'planned_outage', ['ends_at'], unique=False)
    op.create_index('ix_planned_outage_status', 'planned_outage', ['status'], unique=False)
    op.create_table('planned_outage_rules',
    sa.Column('number', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_planned_outage_rules'))
    )
    op.create_table('road_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_road_version'))
    )
    op.create_table('service_point',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('node', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('customers', sa.BigInteger(), nullable=False),
    sa.Column('meter', sa.Text(), nullable=True),
    sa.Column('account', sa.Text(), nullable=True),
    sa.Column('priority', sa.Text(), nullable=True),
    sa.Column('peak_kw', sa.Double(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('place', sa.Integer(), nullable=True),
    sa.Column('house', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.CheckConstraint("phases ~* '^[ABCN]+$' AND phases ~* '[ABC]'", name=op.f('ck_service_point_phases')),
    sa.CheckConstraint("priority IN ('sensitive', 'important_2', 'important_1', 'life_support')", name=op.f('ck_service_point_priority')),
    sa.CheckConstraint('customers >= 0', name=op.f('ck_service_point_customers')),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_service_point')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_index('ix_service_point_account', 'service_point', ['network_version', 'account'], unique=False, postgresql_ops={'account': 'text_pattern_ops'})
    op.create_index('ix_service_point_geometry', 'service_point', ['geometry'], unique=False, postgresql_using='gist')
    op.create_index('ix_service_point_house', 'service_point', ['network_version', 'place', 'house'], unique=False, postgresql_ops={'house': 'text_pattern_ops'})
    op.create_index('ix_service_point_meter', 'service_point', ['network_version', 'meter'], unique=False, postgresql_ops={'meter': 'text_pattern_ops'})
    op.create_index('ix_service_point_node', 'service_point', ['network_version', 'node'], unique=False)
    op.create_table('sign_in_attempt',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('door', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('succeeded', sa.Boolean(), nullable=True),
    sa.CheckConstraint("door IN ('sign_in', 'supply', 'report')", name=op.f('ck_sign_in_attempt_door')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempt'))
    )
    op.create_index('ix_sign_in_attempt_address', 'sign_in_attempt', ['door', 'address', 'at'], unique=False)
    op.create_index('ix_sign_in_attempt_at', 'sign_in_attempt', ['at'], unique=False)
    op.create_index('ix_sign_in_attempt_name', 'sign_in_attempt', ['door', 'name', 'at'], unique=False)
    op.create_table('substation',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_substation')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_table('supply_pass',
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_supply_pass'))
    )
    op.create_index('ix_supply_pass_expires_at', 'supply_pass', ['expires_at'], unique=False)
    op.create_table('switch',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('from_node', sa.Text(), nullable=False),
    sa.Column('to_node', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('normally_open', sa.Boolean(), nullable=False),
    sa.Column('remote_controlled', sa.Boolean(), nullable=True),
    sa.Column('rated_a', sa.Double(), nullable=True),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.CheckConstraint("kind IN ('breaker', 'recloser', 'sectionalizer', 'fuse', 'switch', 'disconnector')", name=op.f('ck_switch_kind')),
    sa.CheckConstraint("phases ~* '^[ABCN]+$' AND phases ~* '[ABC]'", name=op.f('ck_switch_phases')),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_switch')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_table('transformer',
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('from_node', sa.Text(), nullable=False),
    sa.Column('to_node', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('rated_kva', sa.Double(), nullable=True),
    sa.Column('ownership', sa.Text(), nullable=True),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.CheckConstraint("kind IN ('station', 'distribution', 'regulator')", name=op.f('ck_transformer_kind')),
    sa.CheckConstraint("ownership IN ('public', 'dedicated')", name=op.f('ck_transformer_ownership')),
    sa.CheckConstraint("phases ~* '^[ABCN]+$' AND phases ~* '[ABC]'", name=op.f('ck_transformer_phases')),
    sa.PrimaryKeyConstraint('network_version', 'id', name=op.f('pk_transformer')),
    postgresql_partition_by='LIST (network_version)'
    )
    op.create_table('user_account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('roles', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('crew_id', sa.Text(), nullable=True),
    sa.Column('account', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("(roles && ARRAY['crew','guest_crew']) = (crew_id IS NOT NULL)", name=op.f('ck_user_account_crew')),
    sa.CheckConstraint("('customer' = ANY(roles)) = (account IS NOT NULL)", name=op.f('ck_user_account_customer')),
    sa.CheckConstraint("roles <@ ARRAY['dispatcher','supervisor','crew','customer','meter_system','agent','billing_system','vehicle_system','guest_crew']", name=op.f('ck_user_account_roles')),
    sa.CheckConstraint('cardinality(roles) > 0', name=op.f('ck_user_account_has_a_role')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('name', name=op.f('uq_user_account_name'))
    )
    op.create_table('evidence',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=True),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('phases', sa.Text(), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('hazard', sa.Text(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Text(), server_default='new', nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('meter', sa.Text(), nullable=True),
    sa.CheckConstraint("remark IN ('disconnected', 'planned_outage', 'retired_meter', 'clock_off')", name=op.f('ck_evidence_remark')),
    sa.CheckConstraint("status <> 'not_an_outage' OR remark IS NOT NULL", name=op.f('ck_evidence_explained')),
    sa.CheckConstraint("status IN ('new', 'analysed', 'spent', 'expired', 'not_an_outage')", name=op.f('ck_evidence_status')),
    sa.CheckConstraint('num_nonnulls(service_point, device) <= 1', name=op.f('ck_evidence_one_place')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_evidence_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('sequence', name=op.f('uq_evidence_sequence'))
    )
    op.create_index('ix_evidence_feed', 'evidence', ['kind', 'sequence'], unique=False)
    op.create_index('ix_evidence_outage_id', 'evidence', ['outage_id'], unique=False)
    op.create_index('ix_evidence_remark', 'evidence', ['received_at'], unique=False, postgresql_where=sa.text('remark IS NOT NULL'))
    op.create_index('ix_evidence_service_point', 'evidence', ['service_point', 'at'], unique=False)
    op.create_index('ix_evidence_speaking', 'evidence', ['status', 'sequence'], unique=False, postgresql_where=sa.text("status IN ('new', 'analysed')"))
    op.create_index('ix_evidence_waiting_calls', 'evidence', ['sequence'], unique=False, postgresql_where=sa.text("kind = 'trouble_call' AND status IN ('new', 'analysed') AND outage_id IS NULL"))
    op.create_table('taken_call',
    sa.Column('evidence_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('are_neighbours_out', sa.Boolean(), nullable=False),
    sa.Column('is_call_back_wanted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_taken_call_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_taken_call'))
    )
    op.create_index('ix_taken_call_to_call_back', 'taken_call', ['service_point'], unique=False, postgresql_where=sa.text('is_call_back_wanted'))
    op.create_table('affected_service_point',
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('customers', sa.Integer(), nullable=False),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= started_at', name=op.f('ck_affected_service_point_forward')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_affected_service_point_outage_id_outage')),
    sa.PrimaryKeyConstraint('outage_id', 'service_point', name=op.f('pk_affected_service_point'))
    )
    op.create_index('ix_affected_service_point_service_point', 'affected_service_point', ['service_point', 'started_at'], unique=False)
    op.create_table('interruption',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('service_point_key', sa.BigInteger(), sa.Computed('hashtextextended(service_point, 0::bigint)', persisted=True), nullable=False),
    sa.Column('period', postgresql.TSTZRANGE(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('planned_outage_id', sa.Text(), nullable=True),
    sa.Column('switching_order_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=True),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('phases_taken', sa.Text(), nullable=False),
    sa.Column('phase_share', sa.REAL(), nullable=False),
    sa.Column('supplied_by', sa.Text(), nullable=True),
    sa.Column('other_holds', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('customers', sa.Integer(), nullable=False),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('replaced_by', sa.BigInteger(), nullable=True),
    postgresql.ExcludeConstraint((sa.column('service_point_key'), '='), (sa.column('period'), '&&'), where=sa.text('replaced_by IS NULL'), using='gist', name='ex_interruption_once_at_a_time'),
    sa.CheckConstraint('NOT isempty(period) AND NOT lower_inf(period)', name=op.f('ck_interruption_period')),
    sa.CheckConstraint('num_nonnulls(outage_id, planned_outage_id, switching_order_id) = 1', name=op.f('ck_interruption_holder')),
    sa.CheckConstraint("kind IN ('fault', 'planned', 'temporary')", name=op.f('ck_interruption_kind')),
    sa.CheckConstraint("cause IN ('tree', 'wind', 'lightning', 'ice_or_snow', 'flood', 'animal', 'vehicle', 'dig_in', 'vandalism', 'equipment', 'overload', 'customer', 'other', 'unknown')", name=op.f('ck_interruption_cause')),
    sa.CheckConstraint("supplied_by IN ('generator', 'jumper')", name=op.f('ck_interruption_supplied_by')),
    sa.CheckConstraint("phases <> '' AND phases ~ '^A?B?C?$' AND phases_taken ~ '^A?B?C?$'", name=op.f('ck_interruption_phases')),
    sa.CheckConstraint('phase_share >= 0 AND phase_share <= 1', name=op.f('ck_interruption_phase_share')),
    sa.CheckConstraint('customers >= 0', name=op.f('ck_interruption_customers')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_interruption_outage_id_outage')),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_interruption_planned_outage_id_planned_outage')),
    sa.ForeignKeyConstraint(['replaced_by'], ['interruption.id'], name=op.f('fk_interruption_replaced_by_interruption'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interruption'))
    )
    op.create_index('ix_interruption_nested', 'interruption', ['service_point'], unique=False, postgresql_where=sa.text('other_holds IS NOT NULL AND replaced_by IS NULL'))
    op.create_index('ix_interruption_outage_id', 'interruption', ['outage_id'], unique=False)
    op.create_index('ix_interruption_service_point', 'interruption', ['service_point'], unique=False, postgresql_where=sa.text('replaced_by IS NULL'))
    op.create_table('hazard',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('level', sa.SmallInteger(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('network_version', sa.Integer(), nullable=True),
    sa.Column('service_point', sa.Text(), nullable=True),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('location', Geometry('POINT', srid=4326, spatial_index=False), nullable=True),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('reports', sa.Integer(), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledge_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attend_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('make_safe_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('relieve_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('made_safe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('waiting_authority', sa.Text(), nullable=True),
    sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('relieved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('found_by', sa.Text(), nullable=True),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finding_job_id', sa.Text(), nullable=True),
    sa.Column('warned', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('wire_down', 'fire', 'smoke', 'burning_smell', 'tree_on_line', 'blocked_road', 'other')", name=op.f('ck_hazard_kind')),
    sa.CheckConstraint("outcome IN ('made_safe', 'nothing_found', 'not_ours')", name=op.f('ck_hazard_outcome')),
    sa.CheckConstraint("status <> 'closed' OR num_nulls(outcome, found_by, found_at, closed_at) = 0", name=op.f('ck_hazard_evidence')),
    sa.CheckConstraint("status IN ('raised', 'acknowledged', 'attended', 'made_safe', 'closed')", name=op.f('ck_hazard_status')),
    sa.CheckConstraint("waiting_authority IN ('police', 'fire_brigade', 'other')", name=op.f('ck_hazard_waiting_authority')),
    sa.CheckConstraint('(waiting_authority IS NULL) = (waiting_since IS NULL)', name=op.f('ck_hazard_waiting')),
    sa.CheckConstraint('level BETWEEN 1 AND 3', name=op.f('ck_hazard_level')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_hazard_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hazard'))
    )
    op.create_index('ix_hazard_open', 'hazard', ['raised_at'], unique=False, postgresql_where=sa.text("status <> 'closed'"))
    op.create_index('ix_hazard_outage_id', 'hazard', ['outage_id'], unique=False)
    op.create_table('job',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), server_default='repair', nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('hazard_id', sa.Text(), nullable=True),
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('travel_minutes', sa.Double(), nullable=False),
    sa.Column('travel_source', sa.Text(), nullable=False),
    sa.Column('assigned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('en_route_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('on_site_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('working_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_because', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('repair', 'assessment', 'make_safe')", name=op.f('ck_job_kind')),
    sa.CheckConstraint("num_nonnulls(outage_id, hazard_id) = 1 AND (kind = 'make_safe') = (hazard_id IS NOT NULL)", name=op.f('ck_job_one_subject')),
    sa.CheckConstraint("status IN ('assigned', 'accepted', 'en_route', 'on_site', 'working', 'finished', 'declined', 'recalled')", name=op.f('ck_job_status')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_job_crew_id_crew')),
    sa.ForeignKeyConstraint(['hazard_id'], ['hazard.id'], name=op.f('fk_job_hazard_id_hazard')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_job_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    op.create_index('ix_job_crew_id', 'job', ['crew_id', 'status'], unique=False)
    op.create_index('uq_job_one_active_per_crew_and_hazard', 'job', ['hazard_id', 'crew_id'], unique=True, postgresql_where=sa.text("status IN ('assigned', 'accepted', 'en_route', 'on_site', 'working')"))
    op.create_index('uq_job_one_active_per_crew_and_outage', 'job', ['outage_id', 'crew_id'], unique=True, postgresql_where=sa.text("status IN ('assigned', 'accepted', 'en_route', 'on_site', 'working')"))
    op.create_table('hazard_report',
    sa.Column('evidence_id', sa.Text(), nullable=False),
    sa.Column('hazard_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_hazard_report_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['hazard_id'], ['hazard.id'], name=op.f('fk_hazard_report_hazard_id_hazard')),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_hazard_report'))
    )
    op.create_index('ix_hazard_report_hazard_id', 'hazard_report', ['hazard_id'], unique=False)
    op.create_table('damage_report',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('job_id', sa.Text(), nullable=True),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaces', sa.Text(), nullable=True),
    sa.Column('items', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('skills', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('repair_minutes', sa.Double(), nullable=False),
    sa.Column('is_access_blocked', sa.Boolean(), nullable=False),
    sa.Column('access', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('client_event_id', sa.Text(), nullable=False),
    sa.CheckConstraint('repair_minutes > 0', name=op.f('ck_damage_report_repair_minutes')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_damage_report_job_id_job')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_damage_report_outage_id_outage')),
    sa.ForeignKeyConstraint(['replaces'], ['damage_report.id'], name=op.f('fk_damage_report_replaces_damage_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_damage_report')),
    sa.UniqueConstraint('client_event_id', name=op.f('uq_damage_report_client_event_id')),
    sa.UniqueConstraint('replaces', name=op.f('uq_damage_report_replaces'))
    )
    op.create_index('ix_damage_report_outage_id', 'damage_report', ['outage_id'], unique=False)
    op.create_table('material_report',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('job_id', sa.Text(), nullable=False),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('items', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('client_event_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_material_report_job_id_job')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_material_report')),
    sa.UniqueConstraint('client_event_id', name=op.f('uq_material_report_client_event_id'))
    )
    op.create_index('ix_material_report_job_id', 'material_report', ['job_id'], unique=False)
    op.create_table('photo',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('sent_digest', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('width_px', sa.Integer(), nullable=False),
    sa.Column('height_px', sa.Integer(), nullable=False),
    sa.Column('sent_by', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hazard_id', sa.Text(), nullable=True),
    sa.Column('damage_report_id', sa.Text(), nullable=True),
    sa.Column('evidence_id', sa.Text(), nullable=True),
    sa.CheckConstraint('num_nonnulls(hazard_id, damage_report_id, evidence_id) <= 1', name=op.f('ck_photo_one_subject')),
    sa.CheckConstraint('size_bytes > 0 AND width_px > 0 AND height_px > 0', name=op.f('ck_photo_size')),
    sa.ForeignKeyConstraint(['damage_report_id'], ['damage_report.id'], name=op.f('fk_photo_damage_report_id_damage_report')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_photo_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['hazard_id'], ['hazard.id'], name=op.f('fk_photo_hazard_id_hazard')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photo'))
    )
    op.create_index('ix_photo_damage_report_id', 'photo', ['damage_report_id'], unique=False)
    op.create_index('ix_photo_evidence_id', 'photo', ['evidence_id'], unique=False)
    op.create_index('ix_photo_hazard_id', 'photo', ['hazard_id'], unique=False)
    op.create_index('ix_photo_unnamed', 'photo', ['received_at'], unique=False, postgresql_where=sa.text('hazard_id IS NULL AND damage_report_id IS NULL AND evidence_id IS NULL'))
    op.create_table('notification',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('change_position', sa.BigInteger(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('planned_outage_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('rank', sa.SmallInteger(), server_default='4', nullable=False),
    sa.Column('status', sa.Text(), server_default='queued', nullable=False),
    sa.Column('because', sa.Text(), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('email', 'sms', 'wecom', 'webhook', 'web_push')", name=op.f('ck_notification_channel')),
    sa.CheckConstraint("because IN ('over', 'never_told', 'superseded', 'left', 'no_address', 'refused', 'gone')", name=op.f('ck_notification_because')),
    sa.CheckConstraint("status <> 'held' OR not_before IS NOT NULL", name=op.f('ck_notification_held')),
    sa.CheckConstraint('num_nonnulls(outage_id, planned_outage_id) = 1', name=op.f('ck_notification_about')),
    sa.CheckConstraint("status IN ('held', 'queued', 'sending', 'sent', 'failed', 'uncertain', 'dropped')", name=op.f('ck_notification_status')),
    sa.ForeignKeyConstraint(['change_position'], ['change_log.position'], name=op.f('fk_notification_change_position_change_log')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_notification_outage_id_outage')),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_notification_planned_outage_id_planned_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('account', 'channel', 'change_position', name=op.f('uq_notification_account_channel_change_position'))
    )
    op.create_index('ix_notification_dead', 'notification', ['id'], unique=False, postgresql_where=sa.text("status IN ('failed', 'uncertain')"))
    op.create_index('ix_notification_held', 'notification', ['not_before'], unique=False, postgresql_where=sa.text("status = 'held'"))
    op.create_index('ix_notification_outage_id', 'notification', ['outage_id', 'account'], unique=False)
    op.create_index('ix_notification_planned_outage_id', 'notification', ['planned_outage_id', 'account'], unique=False, postgresql_where=sa.text('planned_outage_id IS NOT NULL'))
    op.create_table('ping_request',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    postgresql.ExcludeConstraint((sa.column('meter'), '='), (sa.text('tstzrange(requested_at, locked_until)'), '&&'), using='gist', name='ex_ping_request_one_at_a_time'),
    sa.CheckConstraint("reason IN ('single_outage', 'call', 'dispatcher', 'question', 'restoration')", name=op.f('ck_ping_request_reason')),
    sa.CheckConstraint("status IN ('waiting', 'answered', 'unanswered', 'lapsed')", name=op.f('ck_ping_request_status')),
    sa.CheckConstraint('locked_until >= requested_at', name=op.f('ck_ping_request_forward')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_ping_request_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ping_request'))
    )
    op.create_index('ix_ping_request_asked_at', 'ping_request', ['asked_at'], unique=False)
    op.create_index('ix_ping_request_outage_id', 'ping_request', ['outage_id'], unique=False)
    op.create_index('ix_ping_request_waiting', 'ping_request', ['id'], unique=False, postgresql_where=sa.text("status = 'waiting'"))
    op.create_table('plan',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('based_on', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('plan', postgresql.JSONB(astext_type=Text()), nullable=False),
    sa.Column('customer_minutes', sa.Double(), nullable=False),
    sa.Column('lower_bound', sa.Double(), nullable=False),
    sa.Column('weighted_minutes', sa.Double(), nullable=False),
    sa.Column('weighted_lower_bound', sa.Double(), nullable=False),
    sa.Column('baselines', postgresql.JSONB(astext_type=Text()), nullable=False),
    sa.Column('travel_source', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_plan_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan'))
    )
    op.create_table('plan_order',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('crew_id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('ordered_by', sa.Text(), nullable=False),
    sa.Column('ordered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_by', sa.Text(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('pin', 'forbid')", name=op.f('ck_plan_order_kind')),
    sa.ForeignKeyConstraint(['crew_id'], ['crew.id'], name=op.f('fk_plan_order_crew_id_crew')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_plan_order_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_order'))
    )
    op.create_index('uq_plan_order_one_of_a_crew', 'plan_order', ['outage_id', 'crew_id'], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_index('uq_plan_order_one_pin', 'plan_order', ['outage_id'], unique=True, postgresql_where=sa.text("kind = 'pin' AND withdrawn_at IS NULL"))
    op.create_table('planned_notice',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('planned_outage_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_late', sa.Boolean(), nullable=False),
    sa.Column('version_number', sa.Integer(), nullable=False),
    sa.Column('rules_version', sa.Text(), nullable=False),
    sa.Column('change_position', sa.BigInteger(), nullable=False),
    sa.Column('service_points', sa.Integer(), nullable=False),
    sa.Column('unreached', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint('is_late OR queued_at IS NOT NULL', name=op.f('ck_planned_notice_missed_is_late')),
    sa.ForeignKeyConstraint(['change_position'], ['change_log.position'], name=op.f('fk_planned_notice_change_position_change_log')),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_planned_notice_planned_outage_id_planned_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_planned_notice'))
    )
    op.create_index('ix_planned_notice_planned_outage_id', 'planned_notice', ['planned_outage_id'], unique=False)
    op.create_index('uq_planned_notice_once_by_rule', 'planned_notice', ['planned_outage_id', 'rule', 'starts_at'], unique=True, postgresql_where=sa.text('rule IS NOT NULL'))
    op.create_table('planned_outage_version',
    sa.Column('planned_outage_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('steps', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('network_version', sa.Integer(), nullable=False),
    sa.Column('customers', sa.Integer(), nullable=False),
    sa.Column('service_points', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('added', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('removed', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("basis IN ('normal', 'current')", name=op.f('ck_planned_outage_version_basis')),
    sa.CheckConstraint("source IN ('switching', 'device', 'service_points')", name=op.f('ck_planned_outage_version_source')),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_planned_outage_version_planned_outage_id_planned_outage')),
    sa.PrimaryKeyConstraint('planned_outage_id', 'number', name=op.f('pk_planned_outage_version'))
    )
    op.create_table('planned_service_point',
    sa.Column('planned_outage_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_planned_service_point_planned_outage_id_planned_outage'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('planned_outage_id', 'service_point', name=op.f('pk_planned_service_point'))
    )
    op.create_index('ix_planned_service_point_service_point', 'planned_service_point', ['service_point'], unique=False)
    op.create_table('etr_rules',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('publish_minutes', sa.Double(), nullable=False),
    sa.Column('alarm_minutes', sa.Double(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_etr_rules_only_one')),
    sa.CheckConstraint('publish_minutes >= 0 AND alarm_minutes > 0', name=op.f('ck_etr_rules_ahead')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_etr_rules'))
    )
    op.create_table('etr_version',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('tier', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('earliest', sa.DateTime(timezone=True), nullable=True),
    sa.Column('latest', sa.DateTime(timezone=True), nullable=True),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('said_by', sa.Text(), nullable=False),
    sa.Column('because', sa.Text(), nullable=False),
    sa.Column('is_published', sa.Boolean(), nullable=False),
    sa.Column('is_told', sa.Boolean(), nullable=False),
    sa.Column('change_position', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("because IN ('predicted', 'device_changed', 'crew_sent', 'assessed', 'planned', 'unplanned', 'said', 'taken_over', 'crew_left')", name=op.f('ck_etr_version_because')),
    sa.CheckConstraint("source IN ('device_kind', 'device_kind_and_travel', 'assessed', 'plan', 'crew', 'dispatcher')", name=op.f('ck_etr_version_source')),
    sa.CheckConstraint("tier IN ('rule', 'plan', 'crew', 'dispatcher')", name=op.f('ck_etr_version_tier')),
    sa.CheckConstraint('earliest <= at AND at <= latest', name=op.f('ck_etr_version_in_window')),
    sa.CheckConstraint('is_published = (change_position IS NOT NULL)', name=op.f('ck_etr_version_published')),
    sa.CheckConstraint('num_nulls(at, earliest, latest) IN (0, 3)', name=op.f('ck_etr_version_whole_window')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_etr_version_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_etr_version'))
    )
    op.create_index('ix_etr_version_outage_id', 'etr_version', ['outage_id', 'id'], unique=False)
    op.create_table('etr_score',
    sa.Column('version_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('device_kind', sa.Text(), nullable=False),
    sa.Column('horizon_minutes', sa.Double(), nullable=False),
    sa.Column('error_minutes', sa.Double(), nullable=False),
    sa.Column('is_inside', sa.Boolean(), nullable=False),
    sa.Column('is_published', sa.Boolean(), nullable=False),
    sa.Column('scored_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('horizon_minutes > 0', name=op.f('ck_etr_score_ahead')),
    sa.ForeignKeyConstraint(['version_id'], ['etr_version.id'], name=op.f('fk_etr_score_version_id_etr_version')),
    sa.PrimaryKeyConstraint('version_id', name=op.f('pk_etr_score'))
    )
    op.create_index('ix_etr_score_scored_at', 'etr_score', ['scored_at'], unique=False)
    op.create_table('repeat_alert',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('service_points', sa.Integer(), nullable=False),
    sa.Column('customers', sa.Integer(), nullable=False),
    sa.Column('rules_version', sa.Text(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), server_default='open', nullable=False),
    sa.Column('acted_by', sa.Text(), nullable=True),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('customers', 'feeder', 'switch')", name=op.f('ck_repeat_alert_kind')),
    sa.CheckConstraint("level IN ('alert', 'alarm', 'special', 'over_limit')", name=op.f('ck_repeat_alert_level')),
    sa.CheckConstraint("state IN ('open', 'looked_at', 'closed')", name=op.f('ck_repeat_alert_state')),
    sa.CheckConstraint("(state = 'open') = (acted_by IS NULL) AND (acted_by IS NULL) = (acted_at IS NULL)", name=op.f('ck_repeat_alert_acted')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_repeat_alert'))
    )
    op.create_index('uq_repeat_alert_one_at_a_time', 'repeat_alert', ['kind', 'subject'], unique=True, postgresql_where=sa.text("state <> 'closed'"))
    op.create_table('road_closure',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('geometry', Geometry('GEOMETRY', srid=4326, spatial_index=False), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('drawn_by', sa.Text(), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_by', sa.Text(), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("reason IN ('flooded', 'tree_down', 'wire_down', 'damaged', 'accident', 'works', 'other')", name=op.f('ck_road_closure_reason')),
    sa.CheckConstraint('until IS NULL OR until > since', name=op.f('ck_road_closure_forward')),
    sa.CheckConstraint('(lifted_at IS NULL) = (lifted_by IS NULL)', name=op.f('ck_road_closure_lifted')),
    sa.CheckConstraint("GeometryType(geometry) IN ('LINESTRING', 'POLYGON')", name=op.f('ck_road_closure_line_or_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_road_closure'))
    )
    op.create_index('ix_road_closure_standing', 'road_closure', ['since'], unique=False, postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('road_segment',
    sa.Column('road_version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('way_id', sa.BigInteger(), nullable=False),
    sa.Column('road_class', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('from_vertex', sa.Integer(), nullable=False),
    sa.Column('to_vertex', sa.Integer(), nullable=False),
    sa.Column('length_m', sa.REAL(), nullable=False),
    sa.Column('forward_minutes', sa.REAL(), nullable=True),
    sa.Column('backward_minutes', sa.REAL(), nullable=True),
    sa.Column('by_permission', sa.Boolean(), nullable=False),
    sa.Column('geometry', Geometry('LINESTRING', srid=4326, spatial_index=False), nullable=False),
    sa.CheckConstraint('forward_minutes > 0 AND backward_minutes > 0', name=op.f('ck_road_segment_minutes')),
    sa.CheckConstraint('length_m >= 0', name=op.f('ck_road_segment_length_m')),
    sa.ForeignKeyConstraint(['road_version'], ['road_version.id'], name=op.f('fk_road_segment_road_version_road_version'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('road_version', 'id', name=op.f('pk_road_segment'))
    )
    op.create_index('ix_road_segment_geometry', 'road_segment', ['geometry'], unique=False, postgresql_using='gist')
    op.create_table('road_turn',
    sa.Column('road_version', sa.Integer(), nullable=False),
    sa.Column('from_edge', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('to_edge', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['road_version'], ['road_version.id'], name=op.f('fk_road_turn_road_version_road_version'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('road_version', 'from_edge', 'to_edge', name=op.f('pk_road_turn'))
    )
    op.create_table('guest_link',
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('openings', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_guest_link_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_guest_link')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_guest_link_token_digest'))
    )
    op.create_table('user_session',
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_user_session_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_user_session'))
    )
    op.create_index('ix_user_session_user_id', 'user_session', ['user_id'], unique=False)
    op.create_table('area_polygon',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('area_class', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('geometry', Geometry('MULTIPOLYGON', srid=4326, spatial_index=False), nullable=False),
    sa.CheckConstraint("area_class IN ('urban', 'rural', 'remote')", name=op.f('ck_area_polygon_class')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_polygon'))
    )
    op.create_index('ix_area_polygon_geometry', 'area_polygon', ['geometry'], unique=False, postgresql_using='gist')
    op.create_table('feeder_area',
    sa.Column('feeder', sa.Text(), nullable=False),
    sa.Column('area_class', sa.Text(), nullable=False),
    sa.Column('told_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("area_class IN ('urban', 'rural', 'remote')", name=op.f('ck_feeder_area_class')),
    sa.PrimaryKeyConstraint('feeder', name=op.f('pk_feeder_area'))
    )
    op.create_table('promise_rules',
    sa.Column('number', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_promise_rules'))
    )
    op.create_table('promised_outage',
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('rules_number', sa.Integer(), nullable=True),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('area_class', sa.Text(), nullable=False),
    sa.Column('area_source', sa.Text(), nullable=False),
    sa.Column('area_named', sa.Text(), nullable=True),
    sa.Column('customers_per_km2', sa.Double(), nullable=True),
    sa.Column('seen_version', sa.BigInteger(), nullable=False),
    sa.Column('next_look_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("area_class IN ('urban', 'rural', 'remote')", name=op.f('ck_promised_outage_area_class')),
    sa.CheckConstraint("area_source IN ('polygon', 'feeder', 'density', 'unknown')", name=op.f('ck_promised_outage_area_source')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_promised_outage_outage_id_outage')),
    sa.ForeignKeyConstraint(['rules_number'], ['promise_rules.number'], name=op.f('fk_promised_outage_rules_number_promise_rules')),
    sa.PrimaryKeyConstraint('outage_id', name=op.f('pk_promised_outage'))
    )
    op.create_table('promise_clock',
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('promise', sa.Text(), nullable=False),
    sa.Column('measures', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('because', sa.Text(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('slack_minutes', sa.Double(), nullable=True),
    sa.Column('rules_version', sa.Text(), nullable=False),
    sa.Column('warned_position', sa.BigInteger(), nullable=True),
    sa.Column('breach_position', sa.BigInteger(), nullable=True),
    sa.Column('verdict_position', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("state IN ('running', 'warning', 'kept', 'breached', 'paused', 'not_applicable')", name=op.f('ck_promise_clock_state')),
    sa.ForeignKeyConstraint(['breach_position'], ['change_log.position'], name=op.f('fk_promise_clock_breach_position_change_log')),
    sa.ForeignKeyConstraint(['outage_id'], ['promised_outage.outage_id'], name=op.f('fk_promise_clock_outage_id_promised_outage')),
    sa.ForeignKeyConstraint(['verdict_position'], ['change_log.position'], name=op.f('fk_promise_clock_verdict_position_change_log')),
    sa.ForeignKeyConstraint(['warned_position'], ['change_log.position'], name=op.f('fk_promise_clock_warned_position_change_log')),
    sa.PrimaryKeyConstraint('outage_id', 'promise', name=op.f('pk_promise_clock'))
    )
    op.create_index('ix_promise_clock_breached', 'promise_clock', ['due_at'], unique=False, postgresql_where=sa.text("state = 'breached'"))
    op.create_table('promise_pause',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_by', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Text(), nullable=True),
    sa.CheckConstraint("reason IN ('access_refused', 'unsafe_weather', 'unsafe_site', 'road_blocked', 'customer_asked')", name=op.f('ck_promise_pause_reason')),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= started_at', name=op.f('ck_promise_pause_forward')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_promise_pause_outage_id_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promise_pause'))
    )
    op.create_index(op.f('ix_promise_pause_outage_id'), 'promise_pause', ['outage_id'], unique=False)
    op.create_index('uq_promise_pause_one_open', 'promise_pause', ['outage_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('arrival_position',
    sa.Column('job_id', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('distance_m', sa.Double(), nullable=False),
    sa.Column('location', Geometry('POINT', srid=4326, spatial_index=False), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_arrival_position_job_id_job')),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_arrival_position'))
    )
    op.create_table('arrival_flag',
    sa.Column('job_id', sa.Text(), nullable=False),
    sa.Column('flag', sa.Text(), nullable=False),
    sa.Column('change_position', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("flag IN ('times_differ', 'no_position', 'no_tap', 'told_late')", name=op.f('ck_arrival_flag_flag')),
    sa.ForeignKeyConstraint(['change_position'], ['change_log.position'], name=op.f('fk_arrival_flag_change_position_change_log')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_arrival_flag_job_id_job')),
    sa.PrimaryKeyConstraint('job_id', 'flag', name=op.f('pk_arrival_flag'))
    )
    op.create_table('switching_order',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('outage_id', sa.Text(), nullable=True),
    sa.Column('planned_outage_id', sa.Text(), nullable=True),
    sa.Column('drafted_by', sa.Text(), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('prepared_at', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('cancelled_because', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('planned', 'emergency')", name=op.f('ck_switching_order_kind')),
    sa.CheckConstraint("status IN ('draft', 'approved', 'in_progress', 'completed', 'cancelled')", name=op.f('ck_switching_order_status')),
    sa.CheckConstraint('(approved_at IS NULL) = (approved_by IS NULL)', name=op.f('ck_switching_order_approved')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_switching_order_outage_id_outage')),
    sa.ForeignKeyConstraint(['planned_outage_id'], ['planned_outage.id'], name=op.f('fk_switching_order_planned_outage_id_planned_outage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_switching_order'))
    )
    op.create_index('ix_switching_order_outage_id', 'switching_order', ['outage_id'], unique=False)
    op.create_index('ix_switching_order_status', 'switching_order', ['status'], unique=False)
    op.create_table('switch_tag',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('placed_by', sa.Text(), nullable=False),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_by', sa.Text(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('hold', 'do_not_close')", name=op.f('ck_switch_tag_kind')),
    sa.CheckConstraint('(removed_at IS NULL) = (removed_by IS NULL)', name=op.f('ck_switch_tag_removed')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_switch_tag'))
    )
    op.create_index('ix_switch_tag_hanging', 'switch_tag', ['device'], unique=False, postgresql_where=sa.text('removed_at IS NULL'))
    op.create_table('switch_position',
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('open_phases', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('operated_at', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=True),
    sa.Column('step_number', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['switching_order.id'], name=op.f('fk_switch_position_order_id_switching_order')),
    sa.PrimaryKeyConstraint('device', name=op.f('pk_switch_position'))
    )
    op.create_index('ix_switch_position_position', 'switch_position', ['position'], unique=False)
    op.create_table('switching_step',
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('node', sa.Text(), nullable=True),
    sa.Column('to_node', sa.Text(), nullable=True),
    sa.Column('rated_a', sa.Float(), nullable=True),
    sa.Column('rated_kva', sa.Float(), nullable=True),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('prepared', sa.Text(), nullable=False),
    sa.Column('instructed_by', sa.Text(), nullable=True),
    sa.Column('instructed_to', sa.Text(), nullable=True),
    sa.Column('instructed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('executed_by', sa.Text(), nullable=True),
    sa.Column('executed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('effect', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("(status = 'executed') = (executed_at IS NOT NULL)", name=op.f('ck_switching_step_executed')),
    sa.CheckConstraint("(action IN ('open', 'close', 'cut')) = (device IS NOT NULL)", name=op.f('ck_switching_step_device')),
    sa.CheckConstraint("(action IN ('open', 'close')) = (name IS NULL)", name=op.f('ck_switching_step_name')),
    sa.CheckConstraint("action IN ('open', 'close', 'cut', 'lay_jumper', 'run_generator', 'remove')", name=op.f('ck_switching_step_action')),
    sa.CheckConstraint("status IN ('waiting', 'instructed', 'executed')", name=op.f('ck_switching_step_status')),
    sa.ForeignKeyConstraint(['order_id'], ['switching_order.id'], name=op.f('fk_switching_step_order_id_switching_order')),
    sa.PrimaryKeyConstraint('order_id', 'number', name=op.f('pk_switching_step'))
    )
    op.create_index('ix_switching_step_device', 'switching_step', ['device'], unique=False)
    op.create_table('kept_state',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_kept_state'))
    )
    op.create_index('ix_kept_state_at', 'kept_state', ['at'], unique=False)
    op.create_table('temporary_supply',
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('step_number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=True),
    sa.Column('node', sa.Text(), nullable=False),
    sa.Column('to_node', sa.Text(), nullable=True),
    sa.Column('phases', sa.Text(), nullable=False),
    sa.Column('rated_a', sa.Float(), nullable=True),
    sa.Column('rated_kva', sa.Float(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('removed_by_order', sa.Text(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(action = 'cut') = (device IS NOT NULL)", name=op.f('ck_temporary_supply_device')),
    sa.CheckConstraint("(action = 'lay_jumper') = (to_node IS NOT NULL)", name=op.f('ck_temporary_supply_to_node')),
    sa.CheckConstraint("(removed_at IS NULL) = (removed_by_order IS NULL)", name=op.f('ck_temporary_supply_removed')),
    sa.CheckConstraint("action IN ('cut', 'lay_jumper', 'run_generator')", name=op.f('ck_temporary_supply_action')),
    sa.ForeignKeyConstraint(['order_id'], ['switching_order.id'], name=op.f('fk_temporary_supply_order_id_switching_order')),
    sa.ForeignKeyConstraint(['removed_by_order'], ['switching_order.id'], name=op.f('fk_temporary_supply_removed_by_order_switching_order')),
    sa.PrimaryKeyConstraint('order_id', 'step_number', name=op.f('pk_temporary_supply'))
    )
    op.create_index('ix_temporary_supply_position', 'temporary_supply', ['position'], unique=False)
    op.create_index('uq_temporary_supply_name', 'temporary_supply', ['name'], unique=True, postgresql_where=sa.text('removed_at IS NULL'))
    op.execute("""
    CREATE FUNCTION change_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'change_log is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """)
    op.execute("""
    CREATE TRIGGER change_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_log
    FOR EACH STATEMENT EXECUTE FUNCTION change_log_is_append_only()
    """)
    op.execute("""
    CREATE FUNCTION change_log_notifies() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('relight_changes', (SELECT max(position)::text FROM inserted));
        RETURN NULL;
    END $$
    """)
    op.execute("""
    CREATE TRIGGER change_log_notify AFTER INSERT ON change_log REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION change_log_notifies()
    """)
    op.execute("""
    CREATE FUNCTION interruption_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'interruption is append-only: this % is refused; correct it by a new row', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """)
    op.execute("""
    CREATE TRIGGER interruption_append_only BEFORE UPDATE ON interruption FOR EACH ROW
    WHEN (NOT (
        (lower(OLD.period), OLD.id, OLD.service_point, OLD.outage_id, OLD.planned_outage_id, OLD.switching_order_id, OLD.kind, OLD.cause, OLD.phases, OLD.phases_taken, OLD.phase_share, OLD.supplied_by, OLD.other_holds, OLD.customers, OLD.feeder, OLD.recorded_at, OLD.recorded_by, OLD.reason) IS NOT DISTINCT FROM (lower(NEW.period), NEW.id, NEW.service_point, NEW.outage_id, NEW.planned_outage_id, NEW.switching_order_id, NEW.kind, NEW.cause, NEW.phases, NEW.phases_taken, NEW.phase_share, NEW.supplied_by, NEW.other_holds, NEW.customers, NEW.feeder, NEW.recorded_at, NEW.recorded_by, NEW.reason)
        AND (OLD.period = NEW.period OR (upper_inf(OLD.period) AND OLD.replaced_by IS NULL))
        AND (OLD.replaced_by IS NOT DISTINCT FROM NEW.replaced_by OR OLD.replaced_by IS NULL)
    ))
    EXECUTE FUNCTION interruption_is_append_only()
    """)
    op.execute("""
    CREATE TRIGGER interruption_not_deleted BEFORE DELETE OR TRUNCATE ON interruption
    FOR EACH STATEMENT EXECUTE FUNCTION interruption_is_append_only()
    """)
    op.execute("""
    CREATE FUNCTION etr_version_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'etr_version is append-only: % is refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """)
    op.execute("""
    CREATE TRIGGER etr_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON etr_version
    FOR EACH STATEMENT EXECUTE FUNCTION etr_version_is_append_only()
    """)
    # The queue's tables come from procrastinate itself, whose version the lock file pins. Many
    # statements at once need psycopg's plain protocol, so this goes past SQLAlchemy.
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    connection.execute(SchemaManager.get_schema(), prepare=False)


def downgrade() -> None:
    raise NotImplementedError("Nothing comes before the first tables: drop the database instead.")
