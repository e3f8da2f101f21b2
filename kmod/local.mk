# SPDX-License-Identifier: GPL-2.0-or-later
# The companion module is kbuild's to build; make hands it over.
vb_kmod_files = \
	kmod/Kbuild kmod/Makefile \
	kmod/ask.c kmod/busted.c kmod/callback.c kmod/compat.h kmod/device.c kmod/internal.h kmod/ioctl.c \
	kmod/main.c kmod/mdev-notifier.c kmod/mdev.c kmod/own.c kmod/parent.c kmod/pfn.c \
	kmod/pin.c kmod/pinner.c kmod/probe.sh kmod/slot.c kmod/slot.h kmod/stats.c kmod/vfio.c \
	kmod/window.c kmod/window.h

vb_variant_files = \
	variants/busted-delay/manifest.ini variants/busted-delay/type1-5.10.patch \
	variants/busted-delay/type1-6.1.patch variants/busted-mainline/manifest.ini \
	variants/busted-mainline/type1-5.10.patch variants/busted-mainline/type1-6.1.patch \
	variants/busted-per-dma-ordered/manifest.ini \
	variants/busted-per-dma-ordered/type1-6.1.patch variants/busted-per-request/manifest.ini \
	variants/busted-per-request/type1-5.10.patch variants/busted-per-request/type1-6.1.patch \
	variants/mainline/manifest.ini variants/per-dma-ordered/manifest.ini \
	variants/per-dma-ordered/type1-6.1.patch variants/per-dma-v13/manifest.ini \
	variants/per-dma-v13/type1-5.10.patch variants/per-dma-v13/type1-6.1.patch \
	variants/per-dma-v13/type1-7.2.patch variants/per-request/manifest.ini \
	variants/per-request/type1-5.10.patch variants/per-request/type1-6.1.patch \
	variants/per-request/type1-7.2.patch variants/per-request-retry/manifest.ini \
	variants/per-request-retry/type1-5.10.patch variants/per-request-retry/type1-6.1.patch \
	variants/per-request-retry/type1-7.2.patch

# What compiles of these, this kernel has: compat.h.
vb_probe_files = \
	kmod/probe/BIND_IOMMUFD.c kmod/probe/CLASS_CREATE_OWNER.c kmod/probe/DETACH_IOAS.c \
	kmod/probe/DMA_UNMAP_OP.c kmod/probe/FREE_DEVICE.c kmod/probe/MDEV_PARENT_OPS.c \
	kmod/probe/MDEV_REGISTER_PARENT.c kmod/probe/NO_MDEV.c kmod/probe/VM_FLAGS_SET.c

EXTRA_DIST += $(vb_kmod_files) $(vb_probe_files) kmod/README.md kmod/variants

if BUILD_KMOD
all-local: kmod/vfio_bench.ko

# Another kernel, or the same one rebuilt, is a new module: objects that are newer
# than its headers would be taken for built.
kmod-kernel: vb_kmod_always
	@{ echo '$(KDIR) $(KREL)'; cat '$(KDIR)'/include/generated/uts*.h '$(KDIR)/Module.symvers' \
		| cksum; } >$@.new 2>/dev/null; \
	if cmp -s $@.new $@; then rm -f $@.new; else \
		$(MAKE) --no-print-directory -C $(srcdir)/kmod KDIR='$(KDIR)' \
			B='$(abs_builddir)/kmod' clean >/dev/null 2>&1; \
		mv $@.new $@; \
	fi

vb_kmod_always:

kmod/vfio_bench.ko: $(vb_kmod_files) $(vb_probe_files) uapi/vfio_bench.h kmod-kernel
	+$(AM_V_GEN)$(MAKE) --no-print-directory -C $(srcdir)/kmod KDIR='$(KDIR)' \
		B='$(abs_builddir)/kmod' modules >kmod.log 2>&1 || { cat kmod.log; exit 1; }

clean-local:
	-test ! -d kmod || $(MAKE) --no-print-directory -C $(srcdir)/kmod KDIR='$(KDIR)' \
		B='$(abs_builddir)/kmod' clean >/dev/null 2>&1
	-rm -f kmod.log kmod-kernel kmod-kernel.new

# The module goes below the kernel's own folder for such; depmod is the packager's.
install-data-local: install-variants install-dkms
	$(MKDIR_P) '$(DESTDIR)$(kmoddir)'
	$(INSTALL_DATA) kmod/vfio_bench.ko '$(DESTDIR)$(kmoddir)/vfio_bench.ko'

uninstall-local: uninstall-variants uninstall-dkms
	rm -f '$(DESTDIR)$(kmoddir)/vfio_bench.ko'
else
install-data-local: install-variants install-dkms
uninstall-local: uninstall-variants uninstall-dkms
endif

# The module's source where DKMS looks for it, in the folders that it has here.
dkms_source = $(dkmsdir)/$(PACKAGE)-$(VERSION)

install-dkms:
	@for f in $(vb_kmod_files) $(vb_probe_files) uapi/vfio_bench.h; do \
		$(MKDIR_P) "$(DESTDIR)$(dkms_source)/$${f%/*}" || exit 1; \
		case $$f in \
		*.sh) $(INSTALL_SCRIPT) "$(srcdir)/$$f" "$(DESTDIR)$(dkms_source)/$$f" ;; \
		*) $(INSTALL_DATA) "$(srcdir)/$$f" "$(DESTDIR)$(dkms_source)/$$f" ;; \
		esac || exit 1; \
	done
	$(INSTALL_DATA) kmod/dkms.conf '$(DESTDIR)$(dkms_source)/dkms.conf'

uninstall-dkms:
	rm -rf '$(DESTDIR)$(dkms_source)'

# Manifests and patches keep their folders.
install-variants:
	@for f in $(vb_variant_files); do \
		$(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/$${f%/*}" && \
		$(INSTALL_DATA) "$(srcdir)/kmod/$$f" "$(DESTDIR)$(pkgdatadir)/$$f" || exit 1; \
	done

uninstall-variants:
	rm -rf '$(DESTDIR)$(pkgdatadir)/variants'

.PHONY: install-dkms install-variants uninstall-dkms uninstall-variants vb_kmod_always
