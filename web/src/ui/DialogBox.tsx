/** A dialog over the page: focus stays inside, Escape closes it, and focus goes back where it was. */
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconBtn } from './parts';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

export function DialogBox({ title, onClose, children }: Props) {
  return (
    <ModalOverlay className="over" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <header>
            <Heading slot="title" level={2} className="t-15">
              {title}
            </Heading>
            <IconBtn label="Close" sign="close" onPress={onClose} />
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
