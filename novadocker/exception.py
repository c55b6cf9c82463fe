"""The driver's own errors.

They are raised by the rooms below the facade and derive from Nova's
exceptions, so that what leaves the facade keeps its sentence through RPC::

    NovaException
    +-- HypervisorUnavailable (nova)
    |   +-- EngineUnavailable      the engine does not answer
    |   |   +-- EngineTimeout      it has, but not in time
    |   +-- EngineUnsupported      it answers, but cannot be used
    +-- EngineError                it refused or failed one call
    |   +-- ContainerNotFound
    |   +-- ContainerConflict      name taken, or wrong state
    |   +-- EngineImageNotFound
    |   +-- CommandNotStartable    the image's command cannot be executed
    |   +-- CommandTooSlow         one beside it did not end
    +-- ImageUnacceptable (nova)
    |   +-- ImageRejected          the archive is not one we hand on
    |   +-- ImageWithoutCommand
    |   +-- ImageForOtherMachine
    +-- InstancePowerOffFailure (nova)
    |   +-- ContainerNotRemoved    so its addresses must stay taken
    +-- InvalidConfiguration (nova)
    |   +-- CpuSetInvalid          CPUs set aside that cannot be
    +-- OptionChanged              host or runtime, under a server of ours
    +-- MoveRefused                the server stays what and where it is
    +-- SnapshotFailed             the image did not reach Glance whole
    +-- ImageBridgeError           the bridge or its registry failed one call
    |   +-- ImageNotBridged        it has no such image for this user
    +-- InvalidContainerOption     a docker: value cannot be understood
    +-- CpusUnavailable            none to dedicate, or to others already
    +-- InjectedFileRefused        its path or size
    +-- ContainerExited            PID 1 ended within start_check_ms
    +-- PortsNotReady              Neutron did not wire the ports in time
    +-- PortFailed                 Neutron says that it cannot
    +-- RescueRefused              the root of a server cannot be reached
    +-- VirtualInterfacePlugException (nova)
    |   +-- PortUnusable           no docker host can plug a port like this
    +-- NetnsBroken                a namespace is missing or not ours
    +-- LinkFailed                 a device could not be made or moved
    +-- MapEntryInvalid            the runtime map refuses an entry
    +-- SwitchUnreadable           the database of Open vSwitch does not answer
    +-- MemoryNotReclaimed         a suspended server keeps its memory
    +-- ProcessRefused             a process is not the container's
    +-- LayerUnreadable            where the engine keeps it
    +-- VolumeUnusable             a volume's device or file system
    |   +-- VolumeBusy             somebody still has it
    +-- VolumeAttachFailed (nova)
    |   +-- VolumeRefused          it cannot be had here, or not like this
"""

from nova import exception as nova_exception


class EngineUnavailable(nova_exception.HypervisorUnavailable):
    msg_fmt = (
        'The Docker engine at %(host)s does not answer (%(reason)s). '
        'Check that dockerd runs and that user nova may open its socket.'
    )


class EngineTimeout(EngineUnavailable):
    msg_fmt = (
        'The Docker engine at %(host)s did not %(action)s in time. Look into '
        'the log of dockerd.'
    )


class EngineUnsupported(nova_exception.HypervisorUnavailable):
    msg_fmt = 'The Docker engine at %(host)s cannot be used: %(reason)s'


class EngineError(nova_exception.NovaException):
    msg_fmt = 'The Docker engine failed to %(action)s: %(reason)s'


class ContainerNotFound(EngineError):
    msg_fmt = 'The Docker engine has no container %(name)s.'


class ContainerConflict(EngineError):
    msg_fmt = 'The Docker engine refused to %(action)s: %(reason)s'


class EngineImageNotFound(EngineError):
    msg_fmt = 'The Docker engine has no image %(name)s.'


class CommandNotStartable(EngineError):
    msg_fmt = 'The command of the container cannot be started: %(reason)s'


class CommandTooSlow(EngineError):
    msg_fmt = '%(command)s did not end within %(seconds)s s.'


class OptionChanged(nova_exception.NovaException):
    msg_fmt = (
        'Container %(name)s was made under %(option)s=%(made)s, which is now '
        '%(now)s. It was left as it is: set the option back.'
    )


class ContainerNotRemoved(nova_exception.InstancePowerOffFailure):
    # Nova then keeps the addresses of the server: it may still use them.
    msg_fmt = 'The container could not be removed: %(reason)s Delete it again.'


class ImageRejected(nova_exception.ImageUnacceptable):
    msg_fmt = 'Image %(image_id)s cannot be booted: %(reason)s'


class ImageWithoutCommand(nova_exception.ImageUnacceptable):
    msg_fmt = (
        'Image %(image_id)s has no command to run. Set the image property '
        'os_command_line or boot with metadata docker:command.'
    )


class ImageForOtherMachine(nova_exception.ImageUnacceptable):
    msg_fmt = (
        'Image %(image_id)s is built for %(image_arch)s, this host runs '
        '%(host_arch)s.'
    )


class MoveRefused(nova_exception.NovaException):
    msg_fmt = '%(reason)s'


class SnapshotFailed(nova_exception.NovaException):
    msg_fmt = 'The snapshot %(image_id)s could not be uploaded: %(reason)s'


class ImageBridgeError(nova_exception.NovaException):
    msg_fmt = 'The image bridge failed to %(action)s: %(reason)s'


class ImageNotBridged(ImageBridgeError):
    msg_fmt = 'The image bridge cannot %(action)s: %(reason)s'


class InvalidContainerOption(nova_exception.BuildAbortException):
    msg_fmt = '%(option)s=%(value)s cannot be used: %(reason)s'


class CpuSetInvalid(nova_exception.InvalidConfiguration):
    msg_fmt = '[compute] cpu_dedicated_set cannot be used: %(reason)s'


class CpusUnavailable(nova_exception.BuildAbortException):
    msg_fmt = '%(reason)s'


class InjectedFileRefused(nova_exception.BuildAbortException):
    msg_fmt = 'File %(path)s cannot be injected: %(reason)s'


class ContainerExited(nova_exception.BuildAbortException):
    # The sentence comes first: a fault is cut at 255 characters, and the
    # last output may be long.
    msg_fmt = (
        'The command ended with exit code %(exit_code)s right after its '
        'start.%(hint)s Last output: %(output)s'
    )


class PortsNotReady(nova_exception.BuildAbortException):
    msg_fmt = (
        'Neutron did not report the ports %(ports)s as plugged within '
        '%(seconds)s s. Check the agent of its host (openvswitch-agent or '
        'ovn-controller).'
    )


class PortFailed(nova_exception.BuildAbortException):
    msg_fmt = 'Neutron could not wire a port of the server (%(event)s).'


class RescueRefused(nova_exception.NovaException):
    msg_fmt = '%(reason)s'


class PortUnusable(nova_exception.VirtualInterfacePlugException):
    msg_fmt = 'Port %(port)s cannot be plugged: %(reason)s'


class NetnsBroken(nova_exception.NovaException):
    msg_fmt = 'Network namespace %(netns)s cannot be used: %(reason)s'


class LinkFailed(nova_exception.NovaException):
    msg_fmt = 'Network device %(device)s: %(reason)s'


class MapEntryInvalid(nova_exception.NovaException):
    msg_fmt = 'Runtime map entry %(entry)s: %(reason)s'


class MemoryNotReclaimed(nova_exception.NovaException):
    msg_fmt = 'Memory of container %(container)s is kept: %(reason)s'


class LayerUnreadable(nova_exception.NovaException):
    msg_fmt = (
        'Layer %(layer)s cannot be read where the engine keeps it: %(reason)s.'
    )


class SwitchUnreadable(nova_exception.NovaException):
    msg_fmt = 'The database of Open vSwitch cannot be read: %(reason)s'


class ProcessRefused(nova_exception.NovaException):
    msg_fmt = 'Process %(pid)s is left alone: %(reason)s'


class VolumeUnusable(nova_exception.NovaException):
    msg_fmt = 'Volume device %(disk)s cannot be used: %(reason)s'


class VolumeBusy(VolumeUnusable):
    msg_fmt = 'Volume device %(disk)s is in use: %(reason)s'


class VolumeRefused(nova_exception.VolumeAttachFailed):
    msg_fmt = 'Volume %(volume_id)s: %(reason)s'
