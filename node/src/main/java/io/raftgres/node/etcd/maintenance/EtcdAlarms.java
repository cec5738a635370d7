package io.raftgres.node.etcd.maintenance;

import io.raftgres.etcd.api.etcdserver.AlarmMember;
import io.raftgres.etcd.api.etcdserver.AlarmType;
import io.raftgres.node.service.health.Alarm;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.ClusterView.MemberView;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Converts the members' alarms that etcd has a name for. */
final class EtcdAlarms {

    private EtcdAlarms() {}

    static List<AlarmMember> of(ClusterView cluster) {
        List<AlarmMember> alarms = new ArrayList<>();
        for (MemberView member : cluster.members()) {
            add(alarms, member, Alarm.NO_SPACE, AlarmType.NOSPACE);
            add(alarms, member, Alarm.CORRUPT, AlarmType.CORRUPT);
        }
        return alarms;
    }

    private static void add(List<AlarmMember> alarms, MemberView member, Alarm ours, AlarmType etcds) {
        if (member.alarms().contains(ours.text())) {
            alarms.add(AlarmMember.newBuilder()
                    .setMemberID(HexFormat.fromHexDigitsToLong(member.id()))
                    .setAlarm(etcds)
                    .build());
        }
    }

    /** @return the name in etcd's Status */
    static String text(AlarmMember alarm) {
        return "memberID:" + Long.toUnsignedString(alarm.getMemberID()) + "  alarm:" + alarm.getAlarm();
    }
}
